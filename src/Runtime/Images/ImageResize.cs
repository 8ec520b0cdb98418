namespace FineTune.Images;

/// <summary>
/// How an image is resized before the input's size is cut out of its middle, where the weights were trained with more around it than that.
/// The image keeps its proportions. For a square input, its shorter side becomes <paramref name="ShorterSide"/>; for any other input, the image
/// becomes as small as it can while it still covers the input enlarged to that shorter side. Lengths and places are rounded as torchvision's
/// <c>Resize</c> and <c>CenterCrop</c> round them.
/// </summary>
/// <param name="ShorterSide">The shorter side of the enlarged input in pixels; at least the shorter side of the input.</param>
/// <param name="IsBicubic">Whether the filter is Pillow's bicubic one instead of the bilinear one. Both widen as images shrink.</param>
public sealed record ImageResize(int ShorterSide, bool IsBicubic)
{
    /// <summary>The size that a resized image must cover: the input, enlarged.</summary>
    /// <param name="input">The input's size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The input's shorter side is longer than <see cref="ShorterSide"/>.</exception>
    internal ImageSize Cover(ImageSize input)
    {
        int shorter = Math.Min(input.Height, input.Width);
        ArgumentOutOfRangeException.ThrowIfLessThan(ShorterSide, shorter);
        return new ImageSize(Scale(input.Height), Scale(input.Width));

        int Scale(int length) => checked((int)((long)length * ShorterSide / shorter));
    }
}
