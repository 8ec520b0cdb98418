using FineTune.Images;

namespace FineTune.Training.Inspection;

/// <summary>How much there is to see in an image.</summary>
/// <param name="Contrast">The standard deviation of the grey levels, in [0, 127.5].</param>
/// <param name="Sharpness">
/// The variance of the Laplacian of the grey levels (J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study",
/// ICPR 2000). It depends on what is shown, too, so it is compared within a dataset.
/// </param>
internal sealed record ImageSharpness(double Contrast, double Sharpness)
{
    /// <summary>Measures an image.</summary>
    /// <param name="pixels">RGB, rows first.</param>
    /// <param name="size">The size of the image.</param>
    public static ImageSharpness Of(ReadOnlySpan<byte> pixels, ImageSize size)
    {
        double[] grey = new double[size.Height * size.Width];
        for (int i = 0; i < grey.Length; i++) grey[i] = 0.299 * pixels[3 * i] + 0.587 * pixels[3 * i + 1] + 0.114 * pixels[3 * i + 2];
        double[] edges = new double[Math.Max(0, size.Height - 2) * Math.Max(0, size.Width - 2)];
        int edge = 0;
        for (int y = 1; y < size.Height - 1; y++)
        {
            for (int x = 1; x < size.Width - 1; x++)
            {
                int i = y * size.Width + x;
                edges[edge++] = grey[i - 1] + grey[i + 1] + grey[i - size.Width] + grey[i + size.Width] - 4 * grey[i];
            }
        }
        return new ImageSharpness(Math.Sqrt(Variance(grey)), Variance(edges));
    }

    private static double Variance(double[] values)
    {
        if (values.Length == 0) return 0;
        double mean = values.Average(), sum = 0;
        foreach (double value in values) sum += (value - mean) * (value - mean);
        return sum / values.Length;
    }
}
