using System.Numerics.Tensors;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The numbers that a value of a network takes.</summary>
internal sealed class ValueHistogram
{
    private const int Bins = 2048;

    private readonly long[] _counts = new long[Bins];

    /// <summary>The smallest number, or 0 if none is below.</summary>
    public float Least { get; private set; }

    /// <summary>The largest number, or 0 if none is above.</summary>
    public float Most { get; private set; }

    /// <summary>Widens the range.</summary>
    public void Widen(ReadOnlySpan<float> values)
    {
        Least = Math.Min(Least, TensorPrimitives.Min(values));
        Most = Math.Max(Most, TensorPrimitives.Max(values));
    }

    /// <summary>Counts numbers within the range.</summary>
    public void Count(ReadOnlySpan<float> values)
    {
        float factor = Bins / (Most - Least), least = Least;
        if (!float.IsFinite(factor)) return;
        foreach (float value in values) _counts[Math.Clamp((int)((value - least) * factor), 0, Bins - 1)]++;
    }

    /// <summary>
    /// The range whose 256 steps give the least mean squared error: cutting off a few large numbers makes the steps of all others finer.
    /// </summary>
    public ValueRange Choose()
    {
        const int Steps = 64;
        var best = new ValueRange(Least, Most);
        double bestError = Error(Least, Most);
        // One end after the other, twice: each depends on the other a little.
        for (int round = 0; round < 2; round++)
        {
            for (int end = 0; end < 2; end++)
            {
                (float least, float most) = best;
                for (int i = Steps / 4; i < Steps; i++)
                {
                    float share = (float)i / Steps;
                    ValueRange candidate = end == 0 ? new(least, Most * share) : new(Least * share, most);
                    double error = Error(candidate.Least, candidate.Most);
                    if (error < bestError) (best, bestError) = (candidate, error);
                }
            }
        }
        return best;
    }

    private double Error(float least, float most)
    {
        double step = (most - (double)least) / byte.MaxValue, width = (Most - (double)Least) / Bins, sum = 0;
        for (int i = 0; i < Bins; i++)
        {
            if (_counts[i] == 0) continue;
            double centre = Least + (i + 0.5) * width;
            double over = Math.Max(Math.Max(least - centre, centre - most), 0);
            // Rounding to steps is off by a twelfth of their square; numbers that are exactly zero are not, as zero is a step.
            bool isZero = Least + i * width <= 0 && Least + (i + 1) * width >= 0;
            sum += _counts[i] * (over > 0 ? over * over : isZero ? 0 : step * step / 12);
        }
        return sum;
    }
}
