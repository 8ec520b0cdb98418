using TorchSharp.Modules;
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

    /// <summary>Gives the layers of a module other tensors in place of theirs, which may be without storage.</summary>
    /// <param name="module">The module; its layers are convolutions, batch normalisations, linear layers and such without state.</param>
    /// <param name="tensors">The tensors by state-dict key; they belong to the module then.</param>
    internal static void Replace(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors)
    {
        foreach ((string name, nn.Module layer) in module.named_modules())
        {
            switch (layer)
            {
                case Conv2d conv:
                    conv.weight = Learnt($"{name}.weight");
                    if (conv.bias is not null) conv.bias = Learnt($"{name}.bias");
                    break;
                case Linear linear:
                    linear.weight = Learnt($"{name}.weight");
                    if (linear.bias is not null) linear.bias = Learnt($"{name}.bias");
                    break;
                case NormBase norm:
                    norm.weight = Learnt($"{name}.weight");
                    norm.bias = Learnt($"{name}.bias");
                    norm.running_mean = tensors[$"{name}.running_mean"];
                    norm.running_var = tensors[$"{name}.running_var"];
                    norm.num_batches_tracked = zeros([], ScalarType.Int64);
                    break;
            }
        }

        Parameter Learnt(string key) => new(tensors[key], requires_grad: true);
    }
}
