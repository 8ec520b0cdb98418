namespace FineTune.Images;

/// <summary>
/// The rows and columns of the resized image that make up its centre. Only the centre is computed: the whole of a long image can be larger
/// than memory.
/// </summary>
internal static class CentreWindow
{
    /// <summary>Finds the window.</summary>
    /// <param name="image">The size of the image as it is stored.</param>
    /// <param name="target">The size of the centre, in the same orientation.</param>
    /// <param name="resize">How the image is resized; if null, bilinearly and so that it just covers the target.</param>
    /// <param name="flipsRows">Whether the rows are turned round afterwards, so that a place from the top is one from the bottom here.</param>
    /// <param name="flipsColumns">Whether the columns are.</param>
    public static (FilterWeights Rows, FilterWeights Columns) Of(
        ImageSize image, ImageSize target, ImageResize? resize, bool flipsRows, bool flipsColumns)
    {
        if (resize is null)
        {
            double scale = Math.Max((double)target.Width / image.Width, (double)target.Height / image.Height);
            return (Covering(image.Height, scale, target.Height, flipsRows), Covering(image.Width, scale, target.Width, flipsColumns));
        }
        (long height, long width) = Resized(image, resize.Cover(target));
        ResizeFilter filter = resize.IsBicubic ? ResizeFilter.Bicubic : ResizeFilter.Bilinear;
        return (
            new FilterWeights(image.Height, height, Start(height - target.Height, flipsRows), target.Height, filter),
            new FilterWeights(image.Width, width, Start(width - target.Width, flipsColumns), target.Width, filter));
    }

    /// <summary>The part of an upright image that makes up its centre.</summary>
    /// <param name="image">The size of the upright image.</param>
    /// <param name="target">The size of the centre.</param>
    /// <param name="resize">How the image is resized; if null, bilinearly and so that it just covers the target.</param>
    public static PhotoRegion RegionOf(ImageSize image, ImageSize target, ImageResize? resize)
    {
        if (resize is null)
        {
            double scale = Math.Max((double)target.Width / image.Width, (double)target.Height / image.Height);
            long coveredHeight = Covered(image.Height, scale, target.Height), coveredWidth = Covered(image.Width, scale, target.Width);
            return Region(coveredHeight, coveredWidth, (coveredHeight - target.Height) / 2, (coveredWidth - target.Width) / 2);
        }
        (long height, long width) = Resized(image, resize.Cover(target));
        return Region(height, width, Start(height - target.Height, flips: false), Start(width - target.Width, flips: false));

        PhotoRegion Region(double height, double width, long top, long left) => new(left / width, top / height, target.Width / width, target.Height / height);
    }

    private static FilterWeights Covering(int length, double scale, int target, bool flips)
    {
        long resized = Covered(length, scale, target);
        long leftOver = resized - target, start = leftOver / 2;
        return new FilterWeights(length, resized, flips ? leftOver - start : start, target, ResizeFilter.Bilinear);
    }

    /// <summary>The length of a resized side that just covers the target.</summary>
    private static long Covered(int length, double scale, int target) => Math.Max(target, (long)Math.Round(length * scale));

    /// <summary>
    /// The smallest size of the image's proportions that covers another size: one side is the other's, and of the other one the fraction of a
    /// pixel is dropped, as torchvision's <c>Resize</c> does.
    /// </summary>
    private static (long Height, long Width) Resized(ImageSize image, ImageSize cover) =>
        (long)cover.Width * image.Height >= (long)cover.Height * image.Width
            ? ((long)cover.Width * image.Height / image.Width, cover.Width)
            : (cover.Height, (long)cover.Height * image.Width / image.Height);

    /// <summary>How many pixels are before the centre: half of what is left over, a half pixel to the even side, as torchvision's <c>CenterCrop</c> does.</summary>
    private static long Start(long leftOver, bool flips)
    {
        long start = (long)Math.Round(leftOver / 2.0, MidpointRounding.ToEven);
        return flips ? leftOver - start : start;
    }
}
