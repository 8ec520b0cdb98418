namespace FineTune.Images;

/// <summary>How much a pixel counts by its distance: Pillow's filters.</summary>
/// <param name="Support">The distance from which on pixels do not count, in pixels of the smaller of the two images.</param>
/// <param name="Weigh">The weight at a distance, before all are brought to a sum of 1.</param>
internal sealed record ResizeFilter(double Support, Func<double, double> Weigh)
{
    /// <summary>The cubic's parameter: -0.5 makes its error of the third order (Keys, "Cubic convolution interpolation", 1981), and is Pillow's.</summary>
    private const double A = -0.5;

    /// <summary>A triangle.</summary>
    public static ResizeFilter Bilinear { get; } = new(1, static x => Math.Max(0, 1 - Math.Abs(x)));

    /// <summary>Keys's cubic, which is below zero from 1 to 2. The order of operations is Pillow's, so that the last bits are.</summary>
    public static ResizeFilter Bicubic { get; } = new(2, static x => Cubic(Math.Abs(x)));

    private static double Cubic(double x) => x switch
    {
        < 1 => ((A + 2) * x - (A + 3)) * x * x + 1,
        < 2 => (((x - 5) * x + 8) * x - 4) * A,
        _ => 0,
    };
}
