using FineTune.Inference;
using FineTune.Pipeline;
using FineTune.Training.Predictions;

namespace FineTune.Training.Exporters;

/// <summary>What the trained network looks at in images, for exporters that show it. The network is loaded when it is first asked.</summary>
/// <param name="spec">The spec.</param>
/// <param name="weights">The weight file.</param>
/// <param name="device">Where to compute: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="log">Where the loading tells warnings.</param>
internal sealed class ExportExplanations(SpecSource spec, string weights, string device, IProgressLog log) : IDisposable
{
    private readonly Lazy<SpecClassifier> _classifier = new(() => SpecClassifier.Load(spec, weights, Devices.Choose(device, spec.Name).Device, log));

    /// <summary>Explains the answer to an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="label">The index of the class that is explained.</param>
    /// <returns>The heat; null if the network has no layer whose output has rows and columns.</returns>
    public ImageHeat? Of(PreparedImage image, int label)
    {
        try
        {
            NetworkHeat heat = _classifier.Value.Explain(image.Pixels.ToArray(), label);
            return new ImageHeat(HeatMethods.WordOf(heat.Method), heat.Height, heat.Width, heat.Values);
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_classifier.IsValueCreated) _classifier.Value.Dispose();
    }
}
