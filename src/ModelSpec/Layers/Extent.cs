using System.Globalization;

namespace ModelSpec.Layers;

/// <summary>Two numbers, one for rows and one for columns: the size, stride or dilation of a window.</summary>
public readonly record struct Extent(int Height, int Width)
{
    /// <summary>The same number for rows and columns.</summary>
    public static Extent Square(int size) => new(size, size);

    /// <summary>Whether both numbers are equal.</summary>
    public bool IsSquare => Height == Width;

    /// <summary><c>3</c>, or <c>1x7</c> if rows and columns differ.</summary>
    public override string ToString() => IsSquare
        ? Height.ToString(CultureInfo.InvariantCulture)
        : string.Format(CultureInfo.InvariantCulture, "{0}x{1}", Height, Width);
}
