using FineTune;
using FineTune.Images;
using Flowers17;

namespace FlowersWeb.Tests;

/// <summary>An explainer without a network: what <see cref="FakeClassifier"/> takes for a photo is two grey pixels, of which the right one counts.</summary>
internal sealed class FakeExplainer : IImageExplainer<FlowerLabel>
{
    private readonly FakeClassifier _classifier = new();

    public Explanation<FlowerLabel> Explain(ReadOnlySpan<byte> encoded, FlowerLabel? label = null)
    {
        Prediction<FlowerLabel> prediction = _classifier.Predict(encoded);
        return new Explanation<FlowerLabel>(
            prediction, label ?? prediction.Label, ExplanationMethod.GradCam, new HeatMap(2, 1, [0, 1], PhotoRegion.Whole),
            [128, 128, 128, 128, 128, 128], new ImageSize(1, 2));
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
