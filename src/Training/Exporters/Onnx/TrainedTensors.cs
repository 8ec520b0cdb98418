using FineTune.Pipeline;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The weights of a network by key. Each is asked for once, and kept no longer: with its translation, it would be in memory twice.</summary>
internal sealed class TrainedTensors(IEnumerable<TrainedTensor> tensors)
{
    private readonly Dictionary<string, TrainedTensor> _tensors = tensors.ToDictionary(static tensor => tensor.Key, StringComparer.Ordinal);

    /// <summary>Takes a tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is none of the key, or it was taken.</exception>
    public TrainedTensor Take(string key) => _tensors.Remove(key, out TrainedTensor? tensor) ? tensor : throw new KeyNotFoundException(key);
}
