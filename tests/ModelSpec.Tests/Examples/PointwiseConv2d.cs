namespace ModelSpec.Layers.Types;

/// <summary><c>pointwise_conv2d</c>: a convolution of each pixel, with a kernel of 1 × 1.</summary>
internal sealed class PointwiseConv2dType() : LayerType("pointwise_conv2d")
{
    public override LayerDefinition Read(LayerKeys keys) => new PointwiseConv2d(keys.Whole("filters"), keys.Flag("bias", true));
}

/// <summary>A convolution of each pixel, <c>[N, C, H, W]</c> to <c>[N, Filters, H, W]</c>.</summary>
/// <param name="Filters">Output channels before the width multiplier.</param>
/// <param name="Bias">Whether a number is added to each output channel.</param>
internal sealed record PointwiseConv2d(int Filters, bool Bias) : LayerDefinition
{
    public override string Type => "PointwiseConv2D";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier)
    {
        Shape input = inputs[0];
        if (input.Kind != ShapeKind.Image) return Lowering.Fail($"a convolution needs rows and columns, not {input}");
        int outputs = Math.Max(1, (int)(Filters * widthMultiplier));
        return new(
            input with { Channels = outputs },
            [new ConvolutionPrimitive(input.Channels, outputs, Extent.Square(1), Extent.Square(1), Extent.Square(0), Extent.Square(1), 1, Bias)]);
    }

    internal override string DescribeForDigest(Lowering lowered) => $" bias {Show(Bias)}";
}
