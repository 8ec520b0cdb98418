using FineTune.Images;
using FineTune.Inference;

namespace FineTune;

/// <summary>Explanations around a network: reads photos, and puts what the network gives into the place of the photo that it saw.</summary>
/// <typeparam name="TLabel">The label enum.</typeparam>
/// <param name="predictor">What predicts.</param>
/// <param name="compute">Computes the heat of one image of the input's size, from its RGB pixels and the index of a label.</param>
internal sealed class ImageExplainer<TLabel>(ImagePredictor<TLabel> predictor, Func<byte[], int, NetworkHeat> compute) : IImageExplainer<TLabel>
    where TLabel : struct, Enum
{
    private static readonly TLabel[] AllLabels = Enum.GetValues<TLabel>();

    private IPixelClassifier<TLabel> Classifier => predictor;

    /// <inheritdoc />
    public Explanation<TLabel> Explain(string path, TLabel? label = null)
    {
        int? index = IndexOf(label);
        try
        {
            return Explain(EncodedImage.Read(path, predictor.ImageLimits), index);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}': {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public Explanation<TLabel> Explain(Stream stream, TLabel? label = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        int? index = IndexOf(label);
        return Explain(EncodedImage.Read(stream, predictor.ImageLimits), index);
    }

    /// <inheritdoc />
    public Explanation<TLabel> Explain(ReadOnlySpan<byte> encoded, TLabel? label = null) => Explain(encoded, IndexOf(label));

    /// <inheritdoc />
    public Explanation<TLabel> Explain(ReadOnlySpan<byte> pixels, int width, int height, TLabel? label = null)
    {
        int? index = IndexOf(label);
        var size = new ImageSize(height, width);
        byte[] input = new byte[predictor.InputSize.Bytes];
        ImageDecoder.Resize(pixels, size, predictor.InputSize, input, predictor.ImageLimits, predictor.Resize);
        return Explain(input, ImageDecoder.Shrink(pixels, size, HeatOverlay.Longest), index);
    }

    /// <inheritdoc />
    public Task<Explanation<TLabel>> ExplainAsync(ReadOnlyMemory<byte> encoded, TLabel? label = null, CancellationToken cancellationToken = default)
    {
        int? index = IndexOf(label);
        return Task.Run(() => Explain(encoded.Span, index), cancellationToken);
    }

    private Explanation<TLabel> Explain(ReadOnlySpan<byte> encoded, int? label) =>
        Explain(Classifier.Decode(encoded, null), ImageDecoder.DecodeWhole(encoded, HeatOverlay.Longest, predictor.ImageLimits), label);

    private Explanation<TLabel> Explain(byte[] input, WholePhoto photo, int? label)
    {
        Prediction<TLabel> prediction = Classifier.Classify(input, 1)[0];
        int explained = label ?? Array.IndexOf(AllLabels, prediction.Label);
        NetworkHeat heat = compute(input, explained);
        PhotoRegion region = CentreWindow.RegionOf(photo.Stored, predictor.InputSize, predictor.Resize);
        return new Explanation<TLabel>(prediction, AllLabels[explained], heat.Method, heat.On(region), photo.Pixels, photo.Size);
    }

    private static int? IndexOf(TLabel? label)
    {
        if (label is not { } wanted) return null;
        int index = Array.IndexOf(AllLabels, wanted);
        return index >= 0 ? index : throw new ArgumentOutOfRangeException(nameof(label), wanted, $"It is none of the labels of {typeof(TLabel).Name}.");
    }
}
