using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>What of a module's state dict belongs into a weight file.</summary>
internal static class ModuleState
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
    /// <param name="module">The module.</param>
    /// <param name="tensors">The tensors by state-dict key, exactly those of the module; they belong to it then.</param>
    /// <exception cref="NotSupportedException">A layer is of a type whose tensors cannot be replaced here; the message names it.</exception>
    internal static void Replace(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors)
    {
        foreach ((string key, nn.Module layer) in module.named_modules())
        {
            switch (layer)
            {
                case Convolution conv:
                    conv.weight = Learnt($"{key}.weight");
                    if (conv.bias is not null) conv.bias = Learnt($"{key}.bias");
                    break;
                case Linear linear:
                    linear.weight = Learnt($"{key}.weight");
                    if (linear.bias is not null) linear.bias = Learnt($"{key}.bias");
                    break;
                case LayerNorm norm:
                    if (norm.weight is not null) norm.weight = Learnt($"{key}.weight");
                    if (norm.bias is not null) norm.bias = Learnt($"{key}.bias");
                    break;
                case NormBase norm:
                    if (norm.weight is not null) norm.weight = Learnt($"{key}.weight");
                    if (norm.bias is not null) norm.bias = Learnt($"{key}.bias");
                    if (norm.running_mean is null) break;
                    norm.running_mean = tensors[$"{key}.running_mean"];
                    norm.running_var = tensors[$"{key}.running_var"];
                    norm.num_batches_tracked = zeros([], ScalarType.Int64);
                    break;
                case LearntLayer learnt:
                    foreach (string name in learnt.OwnNames) learnt.Replace(name, Learnt(name.Length == 0 ? key : $"{key}.{name}"));
                    break;
            }
        }
        if (module.named_modules().Prepend((string.Empty, module)).FirstOrDefault(static entry => LacksStorage(entry.Item2)) is (var forgotten, { } type))
        {
            throw new NotSupportedException($"The layer '{forgotten}' ({type.GetType().Name}) cannot be given the tensors of a file.");
        }

        Parameter Learnt(string key) => new(tensors[key], requires_grad: true);
    }

    private static bool LacksStorage(nn.Module layer) =>
        layer.parameters(recurse: false).Concat(layer.buffers(recurse: false)).Any(static tensor => tensor.device_type == DeviceType.META);
}
