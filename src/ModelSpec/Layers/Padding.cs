namespace ModelSpec.Layers;

/// <summary>Rows and columns added around an image.</summary>
public readonly record struct Padding(int Top, int Bottom, int Left, int Right)
{
    /// <summary>None.</summary>
    public static Padding None => default;

    /// <summary>Whether all four sides are equal, so that one number says it all.</summary>
    public bool IsUniform => Top == Bottom && Left == Right && Top == Left;

    /// <summary>
    /// TensorFlow's "same": output size <c>ceil(n / stride)</c>, with the odd row or column at the end
    /// (tf.nn, "Notes on padding").
    /// </summary>
    public static Padding Same(int height, int width, int kernel, int stride)
    {
        (int top, int bottom) = Along(height);
        (int left, int right) = Along(width);
        return new Padding(top, bottom, left, right);

        (int Before, int After) Along(int size)
        {
            int total = Math.Max(((size + stride - 1) / stride - 1) * stride + kernel - size, 0);
            return (total / 2, total - total / 2);
        }
    }
}
