namespace ModelSpec.Layers.Types;

/// <summary><c>zero_pad</c>: rows and columns of zeros.</summary>
internal sealed class ZeroPadType() : LayerType("zero_pad")
{
    public override LayerDefinition Read(LayerKeys keys) => new ZeroPad(keys.Padding("padding"));
}

/// <summary>Rows and columns of zeros around the image.</summary>
internal sealed record ZeroPad(Padding Padding) : LayerDefinition
{
    public override string Type => "ZeroPadding2D";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier)
    {
        Shape input = inputs[0];
        return input.Kind != ShapeKind.Image
            ? Lowering.Fail($"a padding needs rows and columns, not {input}")
            : new(
                new Shape(input.Channels, input.Height + Padding.Top + Padding.Bottom, input.Width + Padding.Left + Padding.Right),
                [new PadPrimitive(Padding)]);
    }

    internal override string DescribeForDigest(Lowering lowered) => $" padding {Padding.DescribeForDigest()}";
}
