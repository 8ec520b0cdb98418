namespace FineTune.Training.Calibration;

/// <summary>How well a score tells images of the classes from foreign ones; a higher score speaks for the classes.</summary>
/// <param name="Auroc">The probability that an image of the classes has the higher score, ties counting half: the area under the ROC curve.</param>
/// <param name="Refused">The share of foreign images below the score that 95% of the validation images reach.</param>
internal readonly record struct Separation(double Auroc, double Refused)
{
    /// <summary>The share of validation images that a threshold keeps.</summary>
    private const double Kept = 0.95;

    /// <summary>Measures a score.</summary>
    /// <param name="validation">The scores of validation images, which determine the threshold.</param>
    /// <param name="test">Those of test images.</param>
    /// <param name="outside">Those of foreign images.</param>
    public static Separation Of(double[] validation, double[] test, double[] outside)
    {
        double[] descending = [.. validation.OrderDescending()];
        double threshold = descending[(int)Math.Ceiling(Kept * descending.Length - 1e-9) - 1];
        return new Separation(AreaUnderCurve(test, outside), (double)outside.Count(score => score < threshold) / outside.Length);
    }

    private static double AreaUnderCurve(double[] inside, double[] outside)
    {
        double[] sorted = [.. outside.Order()];
        double wins = inside.Sum(score => (Below(score, orEqual: false) + Below(score, orEqual: true)) / 2.0);
        return wins / ((double)inside.Length * outside.Length);

        int Below(double score, bool orEqual)
        {
            (int low, int high) = (0, sorted.Length);
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (orEqual ? sorted[middle] <= score : sorted[middle] < score) low = middle + 1;
                else high = middle;
            }
            return low;
        }
    }
}
