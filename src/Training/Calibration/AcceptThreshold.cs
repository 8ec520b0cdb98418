using FineTune.Training.Statistics;

namespace FineTune.Training.Calibration;

/// <summary>Chooses the confidence from which answers are certain.</summary>
internal static class AcceptThreshold
{
    /// <summary>Thresholds have so many steps: what another engine computes differs by less.</summary>
    private const double Steps = 1e6;

    /// <summary>
    /// The smallest confidence at which the lower bound of the 95% interval (Wilson) of the share of right answers, among those of at
    /// least this confidence, is what is wanted.
    /// </summary>
    /// <param name="answers">The answers to validation images.</param>
    /// <param name="accept">The share that is wanted, in (0, 1).</param>
    /// <returns>The threshold, a multiple of 10⁻⁶ below 1; null if none reaches the share.</returns>
    public static double? Choose(IEnumerable<ScoredAnswer> answers, double accept)
    {
        double? threshold = null;
        int count = 0, right = 0;
        foreach (IGrouping<double, ScoredAnswer> equal in answers.GroupBy(static answer => Step(answer.Confidence)).OrderByDescending(static group => group.Key))
        {
            count += equal.Count();
            right += equal.Count(static answer => answer.IsRight);
            if (WilsonInterval.Of(right, count).Low >= accept) threshold = equal.Key;
        }
        return threshold;
    }

    /// <summary>The number of validation images that must be right, with no wrong one among them, for a share.</summary>
    public static int LeastImages(double accept)
    {
        int images = 1;
        while (WilsonInterval.Of(images, images).Low < accept && images < 1_000_000) images++;
        return images;
    }

    /// <summary>A confidence, rounded down to a step.</summary>
    internal static double Step(float confidence) => Math.Min(Math.Floor(confidence * Steps), Steps - 1) / Steps;
}
