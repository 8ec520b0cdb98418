namespace FineTune;

/// <summary>
/// How much each place of a photo counts for an answer, on a coarse grid: a cell for each place of the network's last feature map, or for each
/// patch of a vision transformer. The grid covers the part of the photo that the network sees.
/// </summary>
public sealed class HeatMap
{
    private readonly float[] _values;

    /// <summary>Makes a heat map.</summary>
    /// <param name="width">The columns of the grid.</param>
    /// <param name="height">The rows of the grid.</param>
    /// <param name="values">The values in [0, 1], rows first.</param>
    /// <param name="region">The part of the photo that the grid covers.</param>
    /// <exception cref="ArgumentException">There are not so many values, one is not in [0, 1], or the region is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The grid has no rows or no columns.</exception>
    public HeatMap(int width, int height, ReadOnlySpan<float> values, PhotoRegion region)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (values.Length != (long)width * height) throw new ArgumentException(FormattableString.Invariant($"{height} rows of {width} values are not {values.Length}."), nameof(values));
        foreach (float value in values)
        {
            if (value is not (>= 0 and <= 1)) throw new ArgumentException(FormattableString.Invariant($"{value} is not in [0, 1]."), nameof(values));
        }
        if (region is not { Width: > 0, Height: > 0 }) throw new ArgumentException("The region is empty.", nameof(region));
        (Width, Height, Region, _values) = (width, height, region, values.ToArray());
    }

    /// <summary>The columns of the grid.</summary>
    public int Width { get; }

    /// <summary>The rows of the grid.</summary>
    public int Height { get; }

    /// <summary>The part of the photo that the grid covers. The network does not see the rest: it is cut off when photos are brought to the input's size.</summary>
    public PhotoRegion Region { get; }

    /// <summary>The values in [0, 1], rows first.</summary>
    public ReadOnlyMemory<float> Values => _values;

    /// <summary>A value of the grid, in [0, 1].</summary>
    /// <param name="row">The row, from 0 at the top.</param>
    /// <param name="column">The column, from 0 at the left.</param>
    /// <exception cref="ArgumentOutOfRangeException">The grid has no such row or column.</exception>
    public float this[int row, int column]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Height, nameof(row));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Width, nameof(column));
            return _values[row * Width + column];
        }
    }

    /// <summary>The heat at a place of the photo, interpolated between the centres of the cells.</summary>
    /// <param name="x">The place from the left, as a share of the photo's width.</param>
    /// <param name="y">The place from the top, as a share of the photo's height.</param>
    /// <returns>A value in [0, 1]; 0 where the network does not see the photo.</returns>
    public float Sample(double x, double y)
    {
        double across = (x - Region.Left) / Region.Width, down = (y - Region.Top) / Region.Height;
        if (across is not (>= 0 and <= 1) || down is not (>= 0 and <= 1)) return 0;
        (int left, int right, double xShare) = Neighbours(across, Width);
        (int top, int bottom, double yShare) = Neighbours(down, Height);
        double upper = Mix(this[top, left], this[top, right], xShare), lower = Mix(this[bottom, left], this[bottom, right], xShare);
        return (float)Mix(upper, lower, yShare);
    }

    /// <summary>The heat of the whole photo at any resolution, interpolated as by <see cref="Sample"/>.</summary>
    /// <param name="width">The columns.</param>
    /// <param name="height">The rows.</param>
    /// <returns>Values in [0, 1], rows first; 0 where the network does not see the photo.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
    public float[] Resize(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        float[] values = new float[checked(width * height)];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) values[y * width + x] = Sample((x + 0.5) / width, (y + 0.5) / height);
        }
        return values;
    }

    private static (int Before, int After, double Share) Neighbours(double place, int cells)
    {
        double index = Math.Clamp(place * cells - 0.5, 0, cells - 1);
        int before = (int)index;
        return (before, Math.Min(before + 1, cells - 1), index - before);
    }

    private static double Mix(double a, double b, double share) => a + (b - a) * share;
}
