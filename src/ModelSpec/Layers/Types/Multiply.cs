namespace ModelSpec.Layers.Types;

/// <summary><c>multiply</c>: the product of the two layers that <c>from</c> names.</summary>
internal sealed class MultiplyType() : LayerType("multiply")
{
    public override LayerDefinition Read(LayerKeys keys) => new Multiply();
}

/// <summary>The product of two inputs with the same shape, or of an image and one number for each of its channels, <c>[N, C, 1, 1]</c>.</summary>
internal sealed record Multiply : LayerDefinition
{
    public override string Type => "Multiply";

    internal override int FewestInputs => 2;

    internal override int MostInputs => 2;

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier)
    {
        (Shape first, Shape second) = (inputs[0], inputs[1]);
        if (second != first && !IsScaleOf(second, first) && !IsScaleOf(first, second))
        {
            return Lowering.Fail($"a product needs equal shapes, or one with a single row and column, not {first} and {second}");
        }
        return new(first.Elements >= second.Elements ? first : second, [new MultiplyPrimitive()]);
    }

    internal override string DescribeForDigest(Lowering lowered) => "";

    private static bool IsScaleOf(Shape scale, Shape image) => image.Kind == ShapeKind.Image && scale == new Shape(image.Channels, 1, 1);
}
