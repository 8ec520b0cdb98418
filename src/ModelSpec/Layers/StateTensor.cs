namespace ModelSpec.Layers;

/// <summary>One tensor of a layer's state: its name below the layer's key, its shape in PyTorch's order, and whether it is learnt.</summary>
public sealed record StateTensor(string Name, EquatableArray<int> Shape, bool IsLearnt)
{
    /// <summary>How many numbers it holds.</summary>
    public long Elements => Shape.Aggregate(1L, static (product, size) => checked(product * size));
}
