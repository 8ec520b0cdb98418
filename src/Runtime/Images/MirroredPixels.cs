namespace FineTune.Images;

/// <summary>Images with left and right exchanged.</summary>
internal static class MirroredPixels
{
    /// <summary>Mirrors a batch of images.</summary>
    /// <param name="pixels">RGB pixels, rows first, one image after another.</param>
    /// <param name="count">How many images.</param>
    /// <param name="size">The size of each.</param>
    public static byte[] Of(ReadOnlySpan<byte> pixels, int count, ImageSize size)
    {
        byte[] mirrored = new byte[count * size.Bytes];
        int row = 3 * size.Width;
        for (int start = 0; start < mirrored.Length; start += row)
        {
            for (int from = start, to = start + row - 3; to >= start; from += 3, to -= 3)
            {
                mirrored[to] = pixels[from];
                mirrored[to + 1] = pixels[from + 1];
                mirrored[to + 2] = pixels[from + 2];
            }
        }
        return mirrored;
    }
}
