using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>The state of torch's generator.</summary>
internal static class RandomState
{
    /// <summary>Reads it.</summary>
    public static byte[] Get()
    {
        using Tensor state = Generator.Default.get_state();
        return state.bytes.ToArray();
    }

    /// <summary>Puts it back.</summary>
    public static void Set(byte[] bytes)
    {
        using Tensor state = tensor(bytes);
        Generator.Default.set_state(state);
    }
}
