using FineTune.Training.Evaluators;

namespace FineTune.Training.Calibration;

/// <summary>
/// Fits the temperature of a network: the number that its logits are divided by, so that the negative log-likelihood of known images is
/// smallest (C. Guo et al., "On Calibration of Modern Neural Networks", arXiv:1706.04599). It changes no answer.
/// </summary>
internal static class TemperatureFit
{
    /// <summary>The smallest and the largest temperature.</summary>
    public const double Least = 0.01, Most = 100;

    /// <summary>More halvings than there are numbers in the range.</summary>
    private const int Halvings = 200;

    /// <summary>
    /// Finds the temperature. In the inverse of the temperature, the negative log-likelihood is convex; its derivative is the mean of the
    /// expected logit minus the true label's, which grows. Its zero is found by halving an interval, in float64.
    /// </summary>
    /// <param name="answers">The logits of images, and their classes.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>The temperature; null if every answer is right, as the likelihood then grows towards the temperature 0.</returns>
    public static double? Find(TestAnswers answers, int classes)
    {
        bool isAllRight = true;
        for (int i = 0; i < answers.Labels.Count && isAllRight; i++)
        {
            isAllRight = ReportEvaluator.LargestOf(answers.Logits.AsSpan(i * classes, classes)) == answers.Labels[i];
        }
        if (isAllRight) return null;
        (double low, double high) = (1 / Most, 1 / Least);
        if (Slope(answers, classes, low) >= 0) return Most;
        if (Slope(answers, classes, high) <= 0) return Least;
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            if (Slope(answers, classes, middle) < 0) low = middle;
            else high = middle;
        }
        return 1 / high;
    }

    /// <summary>The derivative of the summed negative log-likelihood with respect to the inverse temperature.</summary>
    private static double Slope(TestAnswers answers, int classes, double inverse)
    {
        double slope = 0;
        for (int i = 0; i < answers.Labels.Count; i++)
        {
            ReadOnlySpan<float> row = answers.Logits.AsSpan(i * classes, classes);
            double most = double.NegativeInfinity, sum = 0, weighted = 0;
            foreach (float logit in row) most = Math.Max(most, logit);
            foreach (float logit in row)
            {
                // A logit of minus infinity has the probability 0 at every temperature.
                double share = Math.Exp((logit - most) * inverse);
                if (share == 0) continue;
                sum += share;
                weighted += share * (logit - most);
            }
            slope += weighted / sum - (row[answers.Labels[i]] - most);
        }
        return slope;
    }
}
