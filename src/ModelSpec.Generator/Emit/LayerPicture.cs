using ModelSpec.Layers;

namespace ModelSpec.Generator.Emit;

/// <summary>
/// Where layers are in a network, as one line each: what a layer reads, the layer, and what reads its output, with the shapes between them:
/// <c>block4_pool [N, 512, 14, 14] → block5_conv1 → [N, 512, 14, 14] block5_conv2</c>.
/// </summary>
/// <param name="network">The network, by index.</param>
internal sealed class LayerPicture(IReadOnlyList<Layer> network)
{
    /// <summary>How many layers are named on each side. In networks whose blocks join all outputs before them, there can be dozens.</summary>
    private const int Named = 3;

    private readonly ILookup<int, string> _readers = network
        .SelectMany(static layer => layer.Inputs.Distinct().Select(input => (Input: input, layer.DisplayName)))
        .ToLookup(static read => read.Input, static read => read.DisplayName);

    /// <summary>The line of a layer.</summary>
    public string Of(Layer layer)
    {
        string[] before = [.. layer.Inputs.Select(index => $"{network[index].DisplayName} {network[index].Output}")];
        string[] after = [.. _readers[layer.Index]];
        string inputs = before.Length == 0 ? $"image {layer.Input}" : Join(before);
        return $"{inputs} → {layer.DisplayName} → {layer.Output} {(after.Length == 0 ? "output" : Join(after))}";
    }

    private static string Join(string[] names) => names.Length <= Named
        ? string.Join(", ", names)
        : string.Join(", ", names.Take(Named - 1)) + ", …, " + names[names.Length - 1];
}
