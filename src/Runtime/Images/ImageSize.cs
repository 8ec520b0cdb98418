namespace FineTune.Images;

/// <summary>Height and width in pixels.</summary>
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The bytes of one RGB image of this size.</summary>
    public int Bytes => Height * Width * 3;
}
