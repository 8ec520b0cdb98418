namespace FineTune.Training.Calibration;

/// <summary>A bin of confidences.</summary>
/// <param name="Count">How many answers are in it.</param>
/// <param name="Confidence">Their mean confidence.</param>
/// <param name="Accuracy">The share of them that is right.</param>
internal readonly record struct ReliabilityBin(int Count, double Confidence, double Accuracy);

/// <summary>How far confidences are from frequencies, by bins of equal width.</summary>
internal sealed class Reliability
{
    /// <summary>The number of bins, as in Guo et al.</summary>
    public const int BinCount = 15;

    /// <summary>Sorts answers into bins.</summary>
    /// <param name="answers">The answers.</param>
    public Reliability(IReadOnlyList<ScoredAnswer> answers)
    {
        (int[] counts, double[] confidences, int[] rights) = (new int[BinCount], new double[BinCount], new int[BinCount]);
        foreach (ScoredAnswer answer in answers)
        {
            // Bin b holds the confidences in (b / 15, (b + 1) / 15].
            int bin = Math.Clamp((int)Math.Ceiling(answer.Confidence * (double)BinCount) - 1, 0, BinCount - 1);
            counts[bin]++;
            confidences[bin] += answer.Confidence;
            if (answer.IsRight) rights[bin]++;
            LogLoss -= Math.Log(Math.Max(answer.TrueProbability, float.Epsilon)) / answers.Count;
        }
        Bins = [.. counts.Select((count, b) => count == 0 ? default : new ReliabilityBin(count, confidences[b] / count, (double)rights[b] / count))];
        ExpectedError = Bins.Sum(bin => bin.Count * Math.Abs(bin.Confidence - bin.Accuracy)) / Math.Max(1, answers.Count);
    }

    /// <summary>The bins, from the smallest confidences on.</summary>
    public IReadOnlyList<ReliabilityBin> Bins { get; }

    /// <summary>The expected calibration error: the mean over answers of the difference between confidence and accuracy of their bin, in [0, 1].</summary>
    public double ExpectedError { get; }

    /// <summary>The mean negative log-likelihood of the true classes.</summary>
    public double LogLoss { get; }
}
