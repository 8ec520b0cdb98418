namespace FineTune;

/// <summary>The part of an upright photo that a network sees, as shares of the photo's width and height in [0, 1].</summary>
/// <param name="Left">What is left of it, as a share of the width.</param>
/// <param name="Top">What is above it, as a share of the height.</param>
/// <param name="Width">Its width, as a share of the photo's; above 0.</param>
/// <param name="Height">Its height, as a share of the photo's; above 0.</param>
public readonly record struct PhotoRegion(double Left, double Top, double Width, double Height)
{
    /// <summary>The whole photo.</summary>
    public static PhotoRegion Whole { get; } = new(0, 0, 1, 1);
}
