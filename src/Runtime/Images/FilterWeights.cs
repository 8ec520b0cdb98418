namespace FineTune.Images;

/// <summary>
/// Which pixels of a line make up each pixel of the resized line, and with which weights: a filter that widens as images shrink. These are
/// the numbers of Pillow, to the bit: computed in float64, rounded to 22 fractional bits. A part of the resized line has the same numbers
/// as the whole.
/// </summary>
internal sealed class FilterWeights
{
    /// <summary>
    /// The fractional bits of a weight: those that a sum of 8-bit pixels leaves in 32 bits, with two to spare, for the sign and for weights
    /// below zero, so that the others sum up to more than 1.
    /// </summary>
    public const int FractionalBits = 32 - 8 - 2;

    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int[] _weights;
    private readonly int _taps;

    /// <summary>Computes the weights of a part of a line.</summary>
    /// <param name="length">The pixels of the line.</param>
    /// <param name="resized">The pixels of the whole resized line.</param>
    /// <param name="first">The first pixel of the resized line that is wanted.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="filter">The filter.</param>
    public FilterWeights(int length, long resized, long first, int count, ResizeFilter filter)
    {
        double scale = (double)length / resized;
        double widening = Math.Max(scale, 1);
        double support = filter.Support * widening;
        _taps = (int)Math.Min(length, 2 * (long)Math.Ceiling(support) + 1);
        _starts = new int[count];
        _counts = new int[count];
        _weights = new int[count * _taps];
        double[] exact = new double[_taps];
        for (int i = 0; i < count; i++)
        {
            double centre = (first + i + 0.5) * scale;
            int start = Math.Max(0, (int)(centre - support + 0.5));
            int taps = Math.Min(length, (int)(centre + support + 0.5)) - start;
            double sum = 0;
            for (int tap = 0; tap < taps; tap++)
            {
                exact[tap] = filter.Weigh((tap + start - centre + 0.5) * (1 / widening));
                sum += exact[tap];
            }
            for (int tap = 0; tap < taps; tap++) _weights[i * _taps + tap] = Round(exact[tap] / sum * (1 << FractionalBits));
            _starts[i] = start;
            _counts[i] = taps;
        }
    }

    /// <summary>How many pixels are wanted.</summary>
    public int Count => _starts.Length;

    /// <summary>The first pixel of the line that has a weight.</summary>
    public int First => _starts[0];

    /// <summary>The end of the pixels that have weights.</summary>
    public int End => _starts[^1] + _counts[^1];

    /// <summary>The first pixel of the line that takes part in a wanted one.</summary>
    public int Start(int wanted) => _starts[wanted];

    /// <summary>The weights of that pixel and those after it.</summary>
    public ReadOnlySpan<int> Weights(int wanted) => _weights.AsSpan(wanted * _taps, _counts[wanted]);

    /// <summary>Rounds halves away from zero.</summary>
    private static int Round(double value) => (int)(value < 0 ? value - 0.5 : value + 0.5);
}
