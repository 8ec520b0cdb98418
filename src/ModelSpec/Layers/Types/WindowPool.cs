namespace ModelSpec.Layers.Types;

/// <summary><c>max_pool</c>: the maximum of each window.</summary>
internal sealed class MaxPoolType() : LayerType("max_pool")
{
    public override LayerDefinition Read(LayerKeys keys)
    {
        Extent kernel = keys.Extent("kernel", Extent.Square(2));
        return new WindowPool(false, kernel, keys.Extent("stride", kernel), keys.Sidewise("padding"), false);
    }
}

/// <summary><c>average_pool</c>: the average of each window.</summary>
internal sealed class AveragePoolType() : LayerType("average_pool")
{
    public override LayerDefinition Read(LayerKeys keys)
    {
        Extent kernel = keys.Extent("kernel", Extent.Square(2));
        return new WindowPool(true, kernel, keys.Extent("stride", kernel), keys.Sidewise("padding"), keys.Flag("include_padding", true));
    }
}

/// <summary>The maximum or the average of each window.</summary>
/// <param name="IsAverage">Whether it is the average.</param>
/// <param name="Kernel">The window.</param>
/// <param name="Stride">Its step.</param>
/// <param name="Padding">Rows and columns on each side: −∞ for a maximum, zeros for an average.</param>
/// <param name="IncludesPadding">Whether the zeros count in an average.</param>
internal sealed record WindowPool(bool IsAverage, Extent Kernel, Extent Stride, Extent Padding, bool IncludesPadding) : LayerDefinition
{
    public override string Type => IsAverage ? "AveragePooling2D" : "MaxPooling2D";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier)
    {
        Shape input = inputs[0];
        if (input.Kind != ShapeKind.Image) return Lowering.Fail($"a pool needs rows and columns, not {input}");
        if (2 * Padding.Height > Kernel.Height || 2 * Padding.Width > Kernel.Width)
        {
            return Lowering.Fail($"a padding of {Padding} is more than half of the kernel {Kernel}");
        }
        var padding = new Padding(Padding.Height, Padding.Height, Padding.Width, Padding.Width);
        return Window.Lower(
            input.Channels, Window.Slide(input, Kernel, Stride, padding), [new WindowPoolPrimitive(IsAverage, Kernel, Stride, Padding, IncludesPadding)]);
    }

    internal override string DescribeForDigest(Lowering lowered)
    {
        string padding = Padding == Extent.Square(0) ? "" : $" padding {Padding}";
        string included = IsAverage && Padding != Extent.Square(0) ? $" include_padding {Show(IncludesPadding)}" : "";
        return $" kernel {Kernel} stride {Stride}{padding}{included}";
    }
}
