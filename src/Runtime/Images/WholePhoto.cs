namespace FineTune.Images;

/// <summary>A whole photo, upright, and not larger than it needs to be.</summary>
/// <param name="Stored">The upright size that the photo has in its file.</param>
/// <param name="Size">The size of the pixels.</param>
/// <param name="Pixels">RGB pixels, rows first.</param>
internal sealed record WholePhoto(ImageSize Stored, ImageSize Size, byte[] Pixels)
{
    /// <summary>A size of the same proportions whose longer side is at most so long; at least one pixel each way.</summary>
    public static ImageSize Fit(ImageSize size, int longest)
    {
        int longer = Math.Max(size.Height, size.Width);
        return longer <= longest ? size : new ImageSize(Scale(size.Height), Scale(size.Width));

        int Scale(int length) => Math.Max(1, (int)Math.Round((double)length * longest / longer));
    }
}
