using System.Globalization;

namespace ModelSpec.Layers;

/// <summary>The kind of an activation's shape.</summary>
public enum ShapeKind
{
    /// <summary>Features: <c>[N, C]</c>.</summary>
    Vector,

    /// <summary>Channels with rows and columns: <c>[N, C, H, W]</c>.</summary>
    Image,

    /// <summary>A sequence of vectors: <c>[N, T, C]</c>.</summary>
    Tokens,
}

/// <summary>
/// The shape of one image's activations: <c>[Channels, Height, Width]</c>, <c>[Channels]</c> if height and width are 0, or
/// <c>[Tokens, Channels]</c>.
/// </summary>
public readonly record struct Shape(int Channels, int Height, int Width, int Tokens = 0)
{
    /// <summary>The most numbers that one image's activations can have: 2 GiB of them.</summary>
    public const int MostElements = 1 << 29;

    /// <summary>A vector of features.</summary>
    public static Shape Vector(int features) => new(features, 0, 0);

    /// <summary>A sequence of vectors.</summary>
    public static Shape Sequence(int tokens, int channels) => new(channels, 0, 0, tokens);

    /// <summary>The kind of shape.</summary>
    public ShapeKind Kind => Tokens > 0 ? ShapeKind.Tokens : Height > 0 ? ShapeKind.Image : ShapeKind.Vector;

    /// <summary>The sizes in PyTorch's order, without that of the batch.</summary>
    public EquatableArray<int> Sizes => Kind switch
    {
        ShapeKind.Tokens => [Tokens, Channels],
        ShapeKind.Image => [Channels, Height, Width],
        _ => [Channels],
    };

    /// <summary>How many numbers it holds.</summary>
    public int Elements => Sizes.Aggregate(1, static (product, size) => checked(product * size));

    /// <summary>With the batch dimension, as in <c>[N, 512, 7, 7]</c>.</summary>
    public override string ToString() => "[N, " + string.Join(", ", Sizes.Select(static size => size.ToString(CultureInfo.InvariantCulture))) + "]";
}
