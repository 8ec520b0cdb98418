namespace FineTune.Images;

/// <summary>
/// What an image may be at most. Images often come from strangers, and a file of a few hundred bytes can claim any number of pixels:
/// the limits are compared with its header, before memory is taken for its pixels. <c>ImageLimits.Default with { … }</c> changes one.
/// </summary>
public sealed record ImageLimits
{
    /// <summary>The largest value of <see cref="MaxPixels"/>: decoded, so many pixels take 2 GiB.</summary>
    public const int MostPixels = int.MaxValue / 4;

    /// <summary>The largest value of <see cref="MaxBytes"/>, which is what one array holds.</summary>
    public const int MostBytes = 0x7FFFFFC6;

    /// <summary>The limits that hold where none are given.</summary>
    public static ImageLimits Default { get; } = new();

    /// <summary>
    /// The most pixels, width times height; 120,000,000 by default. Cameras and phones store up to 108 megapixels. While an image is
    /// decoded, each pixel takes 4 bytes, in progressive JPEG about 6, and in interlaced PNG with 16-bit colours 12.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1 or above <see cref="MostPixels"/>.</exception>
    public int MaxPixels
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostPixels);
            field = value;
        }
    } = 120_000_000;

    /// <summary>
    /// The most that the longer side may be of the shorter side; 100 by default. The centre that is cut out of a longer image is less
    /// than a hundredth of it. Panoramas are seldom above 10.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int MaxAspectRatio
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 100;

    /// <summary>The most bytes that are read from a file or stream; 256 MiB by default, which holds an uncompressed image of 89 megapixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1 or above <see cref="MostBytes"/>.</exception>
    public int MaxBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostBytes);
            field = value;
        }
    } = 256 * 1024 * 1024;

    /// <summary>Compares the size that an image's header gives with the limits.</summary>
    /// <exception cref="InvalidDataException">The image has no pixels or is beyond a limit.</exception>
    internal void Check(int width, int height)
    {
        if (width <= 0 || height <= 0) throw new InvalidDataException("The image has no pixels.");
        if ((long)width * height > MaxPixels)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"The image has {width:N0} × {height:N0} pixels; {nameof(ImageLimits)}.{nameof(MaxPixels)} allows {MaxPixels:N0}."));
        }
        if (Math.Max(width, height) > (long)MaxAspectRatio * Math.Min(width, height))
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"The image has {width:N0} × {height:N0} pixels; {nameof(ImageLimits)}.{nameof(MaxAspectRatio)} allows {MaxAspectRatio:N0} : 1."));
        }
    }
}
