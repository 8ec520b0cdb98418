using FineTune.Training.Modules;
using ModelSpec.Layers;
using ModelSpec.Networks;
using static TorchSharp.torch;

namespace FineTune.Parity;

/// <summary>A network that is compared: its description, and a module of it.</summary>
/// <param name="Network">The description.</param>
/// <param name="Module">The trainer's module, or a generated class.</param>
internal sealed record ParityNetwork(Network Network, nn.Module<Tensor, Tensor> Module)
{
    /// <summary>The modules of its layers by state-dict key.</summary>
    public IReadOnlyDictionary<string, nn.Module<Tensor, Tensor>> Layers { get; } = Module.named_modules()
        .Where(static entry => entry.module is nn.Module<Tensor, Tensor>)
        .ToDictionary(static entry => entry.name, static entry => (nn.Module<Tensor, Tensor>)entry.module, StringComparer.Ordinal);

    /// <summary>The tensors of its layers by state-dict key, in the order of the layers.</summary>
    public IReadOnlyList<(string Key, Layer Layer, StateTensor Tensor)> State { get; } =
        [.. Network.Layers.SelectMany(static layer => layer.State.Select(tensor => (layer.KeyOf(tensor), layer, tensor)))];

    /// <summary>The trainer's module of a network.</summary>
    public static ParityNetwork OfTrainer(Network network) => new(network, new NetworkModule(network));
}
