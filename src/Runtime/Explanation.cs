using FineTune.Files;
using FineTune.Images;

namespace FineTune;

/// <summary>Which parts of a photo an answer comes from.</summary>
/// <typeparam name="TLabel">The label enum.</typeparam>
public sealed record Explanation<TLabel>
    where TLabel : struct, Enum
{
    private readonly byte[] _photo;

    /// <summary>Makes an explanation, for tests that replace a classifier.</summary>
    /// <param name="prediction">What the classifier says of the photo.</param>
    /// <param name="label">The label that is explained.</param>
    /// <param name="method">How the heat was computed.</param>
    /// <param name="heat">How much each place counts.</param>
    /// <param name="photo">RGB pixels in [0, 255] of the whole upright photo, rows first.</param>
    /// <param name="photoSize">The size of the pixels, which may be smaller than the photo's.</param>
    /// <exception cref="ArgumentException">There are not so many pixels.</exception>
    public Explanation(Prediction<TLabel> prediction, TLabel label, ExplanationMethod method, HeatMap heat, ReadOnlySpan<byte> photo, ImageSize photoSize)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(heat);
        if (photo.Length == 0 || photo.Length != photoSize.Bytes)
        {
            throw new ArgumentException(FormattableString.Invariant($"{photoSize.Height} rows of {photoSize.Width} RGB pixels are {photoSize.Bytes} bytes, not {photo.Length}."), nameof(photo));
        }
        (Prediction, Label, Method, Heat, OverlaySize, _photo) = (prediction, label, method, heat, photoSize, photo.ToArray());
    }

    /// <summary>What the classifier says of the photo; the same as <c>Predict</c>.</summary>
    public Prediction<TLabel> Prediction { get; }

    /// <summary>The label that is explained.</summary>
    public TLabel Label { get; }

    /// <summary>How the heat was computed.</summary>
    public ExplanationMethod Method { get; }

    /// <summary>How much each place of the photo counts.</summary>
    public HeatMap Heat { get; }

    /// <summary>The size of overlays: the photo's, but at most 1,024 pixels on the longer side.</summary>
    public ImageSize OverlaySize { get; }

    /// <summary>Draws the heat over the photo, as a PNG file: from violet over red to yellow where there is most. Unseen parts of the photo are dark.</summary>
    public byte[] EncodePng() => ImageEncoder.EncodePng(OverlaySize, HeatOverlay.Draw(_photo, OverlaySize, Heat));

    /// <summary>Draws the heat over the photo as <see cref="EncodePng"/> does, as a JPEG file.</summary>
    /// <param name="quality">From 0 to 100.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="quality"/> is not in [0, 100].</exception>
    public byte[] EncodeJpeg(int quality = 85)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(quality);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return ImageEncoder.EncodeJpeg(OverlaySize, HeatOverlay.Draw(_photo, OverlaySize, Heat), quality);
    }

    /// <summary>Draws the heat over the photo and writes it to a file, in the format that its extension names.</summary>
    /// <param name="path">A file <c>.png</c>, <c>.jpg</c> or <c>.jpeg</c>. Its folder is made where it is missing.</param>
    /// <exception cref="ArgumentException">The extension is another one.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        byte[] file = Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".PNG" => EncodePng(),
            ".JPG" or ".JPEG" => EncodeJpeg(),
            var other => throw new ArgumentException($"The extension is '{other}', and can be .png, .jpg or .jpeg.", nameof(path)),
        };
        AtomicFile.Write(path, stream => stream.Write(file), durable: false);
    }
}
