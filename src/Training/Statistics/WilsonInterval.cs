namespace FineTune.Training.Statistics;

/// <summary>Bounds of a proportion, each in [0, 1].</summary>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
internal readonly record struct WilsonInterval(double Low, double High)
{
    /// <summary>The quantile of the normal distribution that leaves 2.5% on either side.</summary>
    private const double Z = 1.959963984540054;

    /// <summary>
    /// The 95% score interval: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    /// Statistical Association 22 (1927). Unlike the interval by the normal approximation, it is right for few images and for accuracies near 1.
    /// </summary>
    /// <param name="right">How many answers are right.</param>
    /// <param name="all">How many there are; of none, everything is possible.</param>
    public static WilsonInterval Of(int right, int all)
    {
        if (all == 0) return new WilsonInterval(0, 1);
        double n = all, p = right / n, scale = 1 / (1 + Z * Z / n);
        double centre = scale * (p + Z * Z / (2 * n));
        double half = scale * Z * Math.Sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
        // Where all answers are right or wrong, a bound is exactly 1 or 0; rounding must not pass it.
        return new WilsonInterval(right == 0 ? 0 : Math.Max(0, centre - half), right == all ? 1 : Math.Min(1, centre + half));
    }
}
