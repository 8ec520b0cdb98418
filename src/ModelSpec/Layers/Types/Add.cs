namespace ModelSpec.Layers.Types;

/// <summary><c>add</c>: the sum of the layers that <c>from</c> names.</summary>
internal sealed class AddType() : LayerType("add")
{
    public override LayerDefinition Read(LayerKeys keys) => new Add();
}

/// <summary>The sum of two or more inputs with the same shape.</summary>
internal sealed record Add : LayerDefinition
{
    public override string Type => "Add";

    internal override int FewestInputs => 2;

    internal override int MostInputs => int.MaxValue;

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs.Any(shape => shape != inputs[0])
        ? Lowering.Fail($"a sum needs equal shapes, not {string.Join(" and ", inputs)}")
        : new(inputs[0], [new AddPrimitive()]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
