using FineTune.Pipeline;
using FineTune.Training.WeightFormats;
using FineTune.Training.WeightFormats.Keras;

namespace FineTune.Training.Weights;

/// <summary>Whose files have a format.</summary>
internal enum WeightPublisher
{
    /// <summary>Anybody's: safetensors.</summary>
    Any,

    /// <summary>PyTorch's, torchvision among them.</summary>
    PyTorch,

    /// <summary>Keras's.</summary>
    Keras,
}

internal static class WeightPublishers
{
    /// <summary>By the content of a file.</summary>
    public static WeightPublisher Of(IWeightFile file) => file switch
    {
        KerasWeightFile => WeightPublisher.Keras,
        TorchZipFile or TorchLegacyFile => WeightPublisher.PyTorch,
        _ => WeightPublisher.Any,
    };

    /// <summary>By the name of a published file.</summary>
    public static WeightPublisher Of(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".h5" or ".keras" => WeightPublisher.Keras,
        ".pth" or ".pt" => WeightPublisher.PyTorch,
        _ => WeightPublisher.Any,
    };
}
