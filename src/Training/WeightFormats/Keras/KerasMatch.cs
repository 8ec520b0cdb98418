using System.Globalization;
using ModelSpec.Layers;

namespace FineTune.Training.WeightFormats.Keras;

/// <summary>
/// Finds the layers of a backbone in a Keras file: by their names, or, if the file has none of these names, as the n-th
/// convolution, depthwise convolution or batch normalization.
/// </summary>
internal static class KerasMatch
{
    /// <summary>The weights of the backbone's layers by <c>LAYER.TENSOR</c>, with PyTorch's word for the tensor, and their names in the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="layers">The backbone's layers.</param>
    /// <param name="rename">Maps the name of a layer in the file to the backbone's name.</param>
    /// <exception cref="InvalidDataException">The file contains a layer twice.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Find(KerasWeightFile file, IEnumerable<Layer> layers, Func<string, string> rename)
    {
        List<Layer> wanted = [.. layers.Where(static layer => layer.State.Count > 0)];
        HashSet<string> names = [.. wanted.Select(static layer => layer.Name)];
        List<KerasLayer> named = [.. file.Layers.Where(layer => names.Contains(rename(layer.Name)))];
        IEnumerable<(Layer Layer, KerasLayer Found)> pairs = named.Count > 0
            ? named.Select(found => (wanted.First(layer => layer.Name == rename(found.Name)), found))
            : InOrder(file, wanted);
        return [.. pairs.SelectMany(static pair => pair.Found.Variables.Select((variable, i) =>
            KeyValuePair.Create($"{pair.Layer.Name}.{Tensor(pair.Layer, variable, i)}", KerasWeightFile.Name(pair.Found, variable))))];
    }

    private static IEnumerable<(Layer Layer, KerasLayer Found)> InOrder(KerasWeightFile file, List<Layer> wanted)
    {
        var counts = new Dictionary<KerasLayerKind, int>();
        ILookup<KerasLayerKind, KerasLayer> ofKind = file.Layers.ToLookup(static layer => layer.Kind);
        foreach (Layer layer in wanted)
        {
            KerasLayerKind kind = layer.Main switch
            {
                ConvolutionPrimitive { IsDepthwise: true } => KerasLayerKind.DepthwiseConv2D,
                ConvolutionPrimitive => KerasLayerKind.Conv2D,
                BatchNormPrimitive => KerasLayerKind.BatchNormalization,
                _ => KerasLayerKind.Other,
            };
            int count = counts.GetValueOrDefault(kind);
            counts[kind] = count + 1;
            if (kind != KerasLayerKind.Other && ofKind[kind].ElementAtOrDefault(count) is { } found) yield return (layer, found);
        }
    }

    /// <summary>PyTorch's name of a weight. If Keras's file has no name, it is derived from the weight's index, which is the same in PyTorch.</summary>
    private static string Tensor(Layer layer, KerasVariable variable, int index) => variable.Name switch
    {
        "kernel" or "depthwise_kernel" or "gamma" => "weight",
        "bias" or "beta" => "bias",
        "moving_mean" => "running_mean",
        "moving_variance" => "running_var",
        _ => index < layer.State.Count ? layer.State[index].Name : index.ToString(CultureInfo.InvariantCulture),
    };
}
