namespace SamplePlugin;

/// <summary>
/// Answers by their confidence, in bins of equal width: ((b - 1)/B, b/B] for bin b of B, and 0 in the first (Guo et al., "On Calibration of
/// Modern Neural Networks", arXiv:1706.04599).
/// </summary>
/// <param name="count">The number of bins.</param>
internal sealed class ReliabilityBins(int count)
{
    private readonly long[] _answers = new long[count];
    private readonly long[] _right = new long[count];
    private readonly double[] _confidence = new double[count];

    /// <summary>The number of bins.</summary>
    public int Count => count;

    /// <summary>The mean distance of confidence from frequency, where each answer counts once; 0 if there are none.</summary>
    public double ExpectedError
    {
        get
        {
            double sum = 0;
            for (int bin = 0; bin < count; bin++) sum += Math.Abs(_confidence[bin] - _right[bin]);
            return sum / Math.Max(1, _answers.Sum());
        }
    }

    /// <summary>Adds an answer.</summary>
    /// <param name="confidence">The probability that the network gives, in [0, 1].</param>
    /// <param name="isRight">Whether what it says is so.</param>
    public void Add(double confidence, bool isRight)
    {
        int bin = Math.Clamp((int)Math.Ceiling(confidence * count) - 1, 0, count - 1);
        _answers[bin]++;
        _confidence[bin] += confidence;
        if (isRight) _right[bin]++;
    }

    /// <summary>The share of correct answers in a bin; null if it has none.</summary>
    public double? Frequency(int bin) => _answers[bin] == 0 ? null : (double)_right[bin] / _answers[bin];
}
