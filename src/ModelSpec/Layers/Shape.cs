using System.Globalization;

namespace ModelSpec.Layers;

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
