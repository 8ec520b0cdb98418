using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Checkpoints;

/// <summary>State dicts as bytes, row by row.</summary>
internal static class TensorBytes
{
    /// <summary>Copies tensors out.</summary>
    public static IReadOnlyDictionary<string, byte[]> Of(IReadOnlyDictionary<string, Tensor> state)
    {
        var bytes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach ((string key, Tensor tensor) in state)
        {
            using DisposeScope scope = NewDisposeScope();
            bytes[key] = Rows(tensor).bytes.ToArray();
        }
        return bytes;
    }

    /// <summary>Copies bytes back into tensors.</summary>
    public static void Fill(IReadOnlyDictionary<string, Tensor> state, IReadOnlyDictionary<string, byte[]> bytes)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string key, Tensor tensor) in state)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor values = empty(tensor.shape, dtype: tensor.dtype);
            values.bytes = bytes[key];
            tensor.copy_(values);
        }
    }

    /// <summary>The tensor itself if its rows are in order in host memory; otherwise a copy.</summary>
    public static Tensor Rows(Tensor tensor) => tensor.detach().cpu().contiguous();
}
