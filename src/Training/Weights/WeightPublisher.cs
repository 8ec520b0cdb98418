using FineTune.Pipeline;
using FineTune.Training.WeightFormats;
using FineTune.Training.WeightFormats.Keras;

namespace FineTune.Training.Weights;

/// <summary>The publisher whose files have a format.</summary>
internal enum WeightPublisher
{
    /// <summary>Any publisher: safetensors.</summary>
    Any,

    /// <summary>PyTorch, including torchvision.</summary>
    PyTorch,

    /// <summary>Keras.</summary>
    Keras,
}

internal static class WeightPublishers
{
    /// <summary>The publisher of a file, by its content.</summary>
    public static WeightPublisher Of(IWeightFile file) => file switch
    {
        KerasWeightFile => WeightPublisher.Keras,
        TorchZipFile or TorchLegacyFile => WeightPublisher.PyTorch,
        _ => WeightPublisher.Any,
    };

    /// <summary>The publisher of a published file, by its name.</summary>
    public static WeightPublisher Of(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".h5" or ".keras" => WeightPublisher.Keras,
        ".pth" or ".pt" => WeightPublisher.PyTorch,
        _ => WeightPublisher.Any,
    };
}
