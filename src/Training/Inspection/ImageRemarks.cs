using System.Globalization;
using FineTune.Images;

namespace FineTune.Training.Inspection;

/// <summary>Finds what is remarkable about single images.</summary>
internal static class ImageRemarks
{
    /// <summary>The standard deviation of grey levels below which an image is blank.</summary>
    private const double LeastContrast = 4;

    /// <summary>How often an image may be enlarged.</summary>
    private const double LargestScale = 2;

    /// <summary>The fewest images among which one can be blurred: fewer do not say what is usual.</summary>
    private const int FewestCompared = 20;

    /// <summary>
    /// How many deviations below the median of the logarithm of the sharpness an image is blurred. The deviation is 1.4826 times the median absolute
    /// deviation, which is the standard deviation of a normal distribution.
    /// </summary>
    private const double BlurredFrom = 4;

    /// <summary>Finds them.</summary>
    /// <param name="images">The images.</param>
    /// <param name="cover">The size that images are resized to cover.</param>
    /// <returns>The remarks by their kind, and by the number of the image.</returns>
    public static IReadOnlyList<ImageRemark> Find(IReadOnlyList<InspectedImage> images, ImageSize cover)
    {
        List<ImageRemark> remarks = [];
        double[] sharpness = [.. images.Where(IsMeasured).Select(static image => Math.Log(image.Sharpness!.Sharpness)).Order()];
        double median = Median(sharpness);
        double deviation = 1.4826 * Median([.. sharpness.Select(value => Math.Abs(value - median)).Order()]);
        for (int i = 0; i < images.Count; i++)
        {
            InspectedImage image = images[i];
            if (image.Fault is { } fault)
            {
                remarks.Add(new ImageRemark(i, RemarkKind.Unreadable, fault));
                continue;
            }
            ImageSize size = image.Size!.Value, upright = image.Orientation >= 5 ? new ImageSize(size.Width, size.Height) : size;
            double scale = Math.Max((double)cover.Height / upright.Height, (double)cover.Width / upright.Width);
            if (scale > LargestScale) Add(RemarkKind.Tiny, string.Create(CultureInfo.InvariantCulture, $"{upright.Width} × {upright.Height} pixels, enlarged {scale:0.0} times"));
            if (image.Sharpness!.Contrast < LeastContrast)
            {
                Add(RemarkKind.Blank, string.Create(CultureInfo.InvariantCulture, $"grey levels differ by {image.Sharpness.Contrast:0.0} of 255"));
            }
            else if (sharpness.Length >= FewestCompared && deviation > 0 && Math.Log(image.Sharpness.Sharpness) < median - BlurredFrom * deviation)
            {
                Add(RemarkKind.Blurred, string.Create(CultureInfo.InvariantCulture, $"sharpness {image.Sharpness.Sharpness:0.0}, {Math.Exp(median):0.0} is usual"));
            }
            if (image.Orientation != 1) Add(RemarkKind.Turned, string.Create(CultureInfo.InvariantCulture, $"EXIF orientation {image.Orientation}"));

            void Add(RemarkKind kind, string text) => remarks.Add(new ImageRemark(i, kind, text));
        }
        return [.. remarks.OrderBy(static remark => remark.Kind).ThenBy(static remark => remark.Image)];

        static bool IsMeasured(InspectedImage image) => image.Sharpness is { Contrast: >= LeastContrast, Sharpness: > 0 };
    }

    private static double Median(double[] sorted) => sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
