using FineTune;
using FineTune.Images;
using Flowers17;
using SkiaSharp;

namespace FlowersWeb.Tests;

/// <summary>An explainer without a network: the centre of a PNG file counts. What else <see cref="FakeClassifier"/> takes for a photo is two grey pixels, of which the right one counts.</summary>
internal sealed class FakeExplainer : IImageExplainer<FlowerLabel>
{
    private static readonly float[] Spot = [0, 0, 0, 0, 0, 0, 0.3f, 0.6f, 0.3f, 0, 0, 0.6f, 1, 0.6f, 0, 0, 0.3f, 0.6f, 0.3f, 0, 0, 0, 0, 0, 0];

    private readonly FakeClassifier _classifier = new();

    public Explanation<FlowerLabel> Explain(ReadOnlySpan<byte> encoded, FlowerLabel? label = null)
    {
        Prediction<FlowerLabel> prediction = _classifier.Predict(encoded);
        if (encoded.StartsWith("photo"u8))
        {
            return new Explanation<FlowerLabel>(
                prediction, label ?? prediction.Label, ExplanationMethod.GradCam, new HeatMap(2, 1, [0, 1], PhotoRegion.Whole),
                [128, 128, 128, 128, 128, 128], new ImageSize(1, 2));
        }
        using SKBitmap photo = SKBitmap.Decode(encoded);
        return new Explanation<FlowerLabel>(
            prediction, label ?? prediction.Label, ExplanationMethod.GradCam, new HeatMap(5, 5, Spot, new PhotoRegion(0.15, 0, 0.7, 1)),
            [.. photo.Pixels.SelectMany(static pixel => (byte[])[pixel.Red, pixel.Green, pixel.Blue])], new ImageSize(photo.Height, photo.Width));
    }

    public Explanation<FlowerLabel> Explain(string path, FlowerLabel? label = null) => throw new NotSupportedException();

    public Explanation<FlowerLabel> Explain(Stream stream, FlowerLabel? label = null) => throw new NotSupportedException();

    public Explanation<FlowerLabel> Explain(ReadOnlySpan<byte> pixels, int width, int height, FlowerLabel? label = null) => throw new NotSupportedException();

    public async Task<Explanation<FlowerLabel>> ExplainAsync(
        ReadOnlyMemory<byte> encoded, FlowerLabel? label = null, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        return Explain(encoded.Span, label);
    }
}
