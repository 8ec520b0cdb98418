using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>Simulates a processor on which a kernel is wrong: tests set it to see that such a kernel is found and avoided.</summary>
internal static class KernelFault
{
    private static readonly AsyncLocal<Func<Conv2d, bool, Tensor, Tensor>?> Fault = new();

    /// <summary>
    /// What happens to the result of a convolution in this and all called contexts: given the layer, whether it ran in the safe way, and the
    /// result. Null, always outside of tests, for nothing.
    /// </summary>
    public static Func<Conv2d, bool, Tensor, Tensor>? Current
    {
        get => Fault.Value;
        set => Fault.Value = value;
    }
}
