using static TorchSharp.torch;

namespace FineTune;

/// <summary>What of a module's state dict belongs into a weight file.</summary>
public static class ModuleState
{
    /// <summary>
    /// The module's parameters and buffers by state-dict key, in the order in which its layers were registered, without batch
    /// normalisation's step counters (<c>num_batches_tracked</c>), which nothing uses once the momentum is a number.
    /// </summary>
    public static IReadOnlyDictionary<string, Tensor> Of(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return new OrderedDictionary<string, Tensor>(
            module.state_dict().Where(static entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)),
            StringComparer.Ordinal);
    }
}
