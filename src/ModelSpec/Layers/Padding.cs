namespace ModelSpec.Layers;

/// <summary>Rows and columns added around an image.</summary>
public readonly record struct Padding(int Top, int Bottom, int Left, int Right)
{
    /// <summary>None.</summary>
    public static Padding None => default;

    /// <summary>
    /// TensorFlow's "same": output size <c>ceil(n / stride)</c>, with the odd row or column at the end
    /// (tf.nn, "Notes on padding").
    /// </summary>
    public static Padding Same(int height, int width, Extent window, Extent stride)
    {
        (int top, int bottom) = Along(height, window.Height, stride.Height);
        (int left, int right) = Along(width, window.Width, stride.Width);
        return new Padding(top, bottom, left, right);

        static (int Before, int After) Along(int size, int kernel, int stride)
        {
            int total = Math.Max(((size + stride - 1) / stride - 1) * stride + kernel - size, 0);
            return (total / 2, total - total / 2);
        }
    }

    /// <summary>The text of digests.</summary>
    internal string DescribeForDigest() => FormattableString.Invariant($"{Top} {Bottom} {Left} {Right}");
}
