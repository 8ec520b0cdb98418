using FineTune.Images;
using FineTune.Inference;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>
/// A pass of the check image through a network in the simplest way: in float64, in channels-first order, layer by layer, on the CPU. The results of
/// faster implementations are compared with it.
/// </summary>
internal static class ExactPass
{
    /// <summary>The prepared check image of a network, float32 <c>[1, 3, H, W]</c>.</summary>
    public static Tensor Input(Network network)
    {
        ImageSize size = ImageSizes.Of(network);
        using Tensor image = PixelTensors.ToTensor(CheckImage.Create(size), size);
        return PixelTransforms.Of(network).Apply(image);
    }

    /// <summary>Computes the output of the first layers in evaluation mode.</summary>
    /// <param name="module">The network; it is not changed.</param>
    /// <param name="end">The number of layers.</param>
    /// <returns>A float64 tensor.</returns>
    public static Tensor Run(NetworkModule module, int end)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var copy = new NetworkModule(module.Network);
        Dictionary<string, Tensor> state = copy.Weights().ToDictionary(static w => w.Key, static w => w.Value, StringComparer.Ordinal);
        foreach ((string key, Tensor tensor) in module.Weights()) state[key].copy_(tensor);
        copy.to(ScalarType.Float64);
        copy.eval();
        return copy.Forward(Input(module.Network).to_type(ScalarType.Float64).contiguous(), 0, end).MoveToOuterDisposeScope();
    }
}
