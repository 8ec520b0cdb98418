namespace ModelSpec.Layers.Types;

/// <summary><c>flatten</c>: everything as one vector.</summary>
internal sealed class FlattenType() : LayerType("flatten")
{
    public override HeadWord Head { get; } = new("flatten", static _ => new Flatten()) { Reads = ShapeKind.Image };

    public override LayerDefinition Read(LayerKeys keys) => new Flatten();
}

/// <summary>Channels, rows and columns as one vector, in that order: <c>[N, C, H, W]</c> to <c>[N, C·H·W]</c>.</summary>
internal sealed record Flatten : LayerDefinition
{
    public override string Type => "Flatten";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind == ShapeKind.Tokens
        ? Lowering.Fail($"a sequence such as {inputs[0]} is not flattened; use first_token")
        : new(Shape.Vector(inputs[0].Elements), [new ReshapePrimitive(Reshaping.Flatten)]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
