namespace ModelSpec.Layers.Types;

/// <summary><c>conv2d</c>: a convolution with an optional activation after it.</summary>
internal sealed class Conv2dType() : LayerType("conv2d")
{
    public override LayerDefinition Read(LayerKeys keys) => new Conv2d(
        keys.Whole("filters"), keys.Extent("kernel", Extent.Square(3)), keys.Extent("stride", Extent.Square(1)), keys.PaddingRule("padding"),
        keys.Extent("dilation", Extent.Square(1)), keys.Whole("groups", 1), keys.Flag("bias", true), keys.Activation("activation"));
}

/// <summary><c>depthwise_conv2d</c>: a separate convolution of each channel.</summary>
internal sealed class DepthwiseConv2dType() : LayerType("depthwise_conv2d")
{
    public override LayerDefinition Read(LayerKeys keys) => new Conv2d(
        null, keys.Extent("kernel", Extent.Square(3)), keys.Extent("stride", Extent.Square(1)), keys.PaddingRule("padding"),
        keys.Extent("dilation", Extent.Square(1)), 1, keys.Flag("bias", true), keys.Activation("activation"));
}

/// <summary>A convolution, <c>[N, C, H, W]</c> to <c>[N, Filters, H', W']</c>.</summary>
/// <param name="Filters">Output channels before the width multiplier; null for a separate convolution of each input channel.</param>
/// <param name="Kernel">The window.</param>
/// <param name="Stride">Its step.</param>
/// <param name="Padding">The zeros around the image.</param>
/// <param name="Dilation">The step within the window.</param>
/// <param name="Groups">The number of groups of channels that are convolved separately.</param>
/// <param name="Bias">Whether a number is added to each output channel.</param>
/// <param name="Activation">The activation after the convolution.</param>
internal sealed record Conv2d(
    int? Filters, Extent Kernel, Extent Stride, PaddingRule Padding, Extent Dilation, int Groups, bool Bias, Activation Activation) : LayerDefinition
{
    public override string Type => IsDepthwise ? "DepthwiseConv2D" : "Conv2D";

    private bool IsDepthwise => Filters is null;

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier)
    {
        Shape input = inputs[0];
        if (input.Kind != ShapeKind.Image) return Lowering.Fail($"a convolution needs rows and columns, not {input}");
        int outputs = Filters is { } filters ? Math.Max(1, (int)(filters * widthMultiplier)) : input.Channels;
        int groups = IsDepthwise ? input.Channels : Groups;
        if (input.Channels % groups != 0) return Lowering.Fail($"{Show(groups)} groups do not divide the channels of {input} evenly");
        if (outputs % groups != 0) return Lowering.Fail($"{Show(groups)} groups do not divide {Show(outputs)} filters evenly");

        Extent window = Window.Dilate(Kernel, Dilation);
        Padding padding = Padding.Resolve(input, window, Stride);
        // If both sides are equal, the convolution itself pads.
        bool isEven = padding.Top == padding.Bottom && padding.Left == padding.Right;
        List<Primitive> primitives = [];
        if (!isEven) primitives.Add(new PadPrimitive(padding));
        primitives.Add(new ConvolutionPrimitive(
            input.Channels, outputs, Kernel, Stride, isEven ? new Extent(padding.Top, padding.Left) : Extent.Square(0), Dilation, groups, Bias));
        if (Activation != Activation.None) primitives.Add(new ActivatePrimitive(Activation, InPlace: true));
        return Window.Lower(outputs, Window.Slide(input, window, Stride, padding), primitives.ToEquatableArray());
    }

    internal override string DescribeForDigest(Lowering lowered)
    {
        var convolution = lowered.Primitives.OfType<ConvolutionPrimitive>().Single();
        Padding padding = lowered.Primitives.OfType<PadPrimitive>().FirstOrDefault()?.Padding
            ?? new Padding(convolution.Padding.Height, convolution.Padding.Height, convolution.Padding.Width, convolution.Padding.Width);
        string dilation = Dilation == Extent.Square(1) ? "" : $" dilation {Dilation}";
        return $" kernel {Kernel} stride {Stride} padding {padding.DescribeForDigest()}{dilation} groups {Show(convolution.Groups)} bias {Show(Bias)} "
            + Activations.DescribeForDigest(Activation);
    }
}
