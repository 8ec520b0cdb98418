using System.Globalization;

namespace ModelSpec.Networks;

/// <summary>The shape of one image's activations: <c>[Channels, Height, Width]</c>, or <c>[Channels]</c> where height and width are 0.</summary>
public readonly record struct Shape(int Channels, int Height, int Width)
{
    /// <summary>A vector of features.</summary>
    public static Shape Vector(int features) => new(features, 0, 0);

    /// <summary>Whether there are rows and columns.</summary>
    public bool IsSpatial => Height > 0;

    /// <summary>How many numbers it holds.</summary>
    public int Elements => IsSpatial ? checked(Channels * Height * Width) : Channels;

    /// <summary>With the batch dimension, as in <c>[N, 512, 7, 7]</c>.</summary>
    public override string ToString() => IsSpatial
        ? string.Format(CultureInfo.InvariantCulture, "[N, {0}, {1}, {2}]", Channels, Height, Width)
        : string.Format(CultureInfo.InvariantCulture, "[N, {0}]", Channels);
}

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
