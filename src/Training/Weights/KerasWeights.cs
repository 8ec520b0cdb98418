using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Weights;

/// <summary>
/// Fills a backbone from a Keras file. Keras orders a kernel as height, width, input, output (depthwise: height, width, channel, 1)
/// and keeps a layer's weights in the order kernel, bias or gamma, beta, mean, variance: PyTorch's order of the tensors.
/// </summary>
internal static class KerasWeights
{
    /// <summary>Loads every layer of the backbone.</summary>
    /// <exception cref="TrainingException">The file is damaged, lacks a layer or has other shapes.</exception>
    public static void Load(string path, NetworkModule module, SpecSource spec)
    {
        try
        {
            using var file = new KerasWeightFile(path);
            using IDisposable noGradient = no_grad();
            IReadOnlyDictionary<string, Tensor> state = ModuleState.Of(module);
            foreach (Layer layer in spec.Network.Body.Where(static l => l.State.Count > 0))
            {
                IReadOnlyList<StoredTensor> stored = file.Read(layer.Name)
                    ?? throw spec.Weights.Error(TrainingDiagnostics.WeightKeys, path, $"the layer '{layer.Name}'");
                Load(layer, stored, state, path, spec);
            }
        }
        catch (InvalidDataException e)
        {
            throw spec.Weights.Error(e, TrainingDiagnostics.DamagedWeights, path, e.Message);
        }
    }

    private static void Load(Layer layer, IReadOnlyList<StoredTensor> stored, IReadOnlyDictionary<string, Tensor> state, string path, SpecSource spec)
    {
        if (stored.Count != layer.State.Count)
        {
            throw spec.Weights.Error(TrainingDiagnostics.WeightKeys, path,
                $"tensors of the layer '{layer.Name}': it has {stored.Count} instead of {layer.State.Count}");
        }
        for (int i = 0; i < stored.Count; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor values = tensor(stored[i].Values, stored[i].Shape);
            if (stored[i].Shape.Length == 4) values = layer is ConvLayer { IsDepthwise: true } ? values.permute(2, 3, 0, 1) : values.permute(3, 2, 0, 1);
            Tensor target = state[$"{layer.Key}.{layer.State[i].Name}"];
            if (!values.shape.SequenceEqual(target.shape))
            {
                throw spec.Weights.Error(TrainingDiagnostics.WeightShape, path, spec.Network.Backbone,
                    stored[i].Name, string.Join(", ", values.shape), string.Join(", ", target.shape));
            }
            target.copy_(values);
        }
    }
}
