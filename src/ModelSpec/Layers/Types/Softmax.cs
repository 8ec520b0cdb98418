namespace ModelSpec.Layers.Types;

/// <summary><c>softmax</c>: logits to probabilities, at the end of a head.</summary>
internal sealed class SoftmaxType() : LayerType("softmax")
{
    public override bool IsInBackbones => false;

    public override HeadWord Head { get; } = new("softmax", static _ => new Softmax()) { Reads = ShapeKind.Vector, IsLast = true };

    public override LayerDefinition Read(LayerKeys keys) => new Softmax();
}

/// <summary>Converts logits to probabilities. Training uses the logits before it.</summary>
internal sealed record Softmax : LayerDefinition
{
    public override string Type => "Softmax";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => new(inputs[0], [new SoftmaxPrimitive()]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
