namespace ModelSpec.Layers;

/// <summary>The size of the output of a moving window.</summary>
internal static class Window
{
    /// <summary>How many rows and columns a window covers, including its dilation.</summary>
    public static Extent Dilate(Extent kernel, Extent dilation) => new((kernel.Height - 1) * dilation.Height + 1, (kernel.Width - 1) * dilation.Width + 1);

    /// <summary>The output's rows and columns: 0 if the window does not fit.</summary>
    public static Extent Slide(Shape input, Extent window, Extent stride, Padding padding)
    {
        int height = input.Height + padding.Top + padding.Bottom - window.Height;
        int width = input.Width + padding.Left + padding.Right - window.Width;
        return new Extent(height < 0 ? 0 : height / stride.Height + 1, width < 0 ? 0 : width / stride.Width + 1);
    }

    /// <summary>The output of a window over an image, with the layer's operations.</summary>
    public static Lowering Lower(int channels, Extent size, EquatableArray<Primitive> primitives) =>
        new(new Shape(channels, size.Height, size.Width), primitives) { IsTooSmall = size.Height == 0 || size.Width == 0 };
}
