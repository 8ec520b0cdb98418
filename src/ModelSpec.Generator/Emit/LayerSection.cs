using ModelSpec.Layers;

namespace ModelSpec.Generator.Emit;

/// <summary>Consecutive layers that generated source keeps together under a comment: those of one block, or those between two blocks.</summary>
internal sealed class LayerSection
{
    private LayerSection(IReadOnlyList<Layer> layers, string? title, string? summary)
    {
        Layers = layers;
        Title = title;
        Summary = summary;
    }

    /// <summary>The layers, at least one.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>
    /// What the section is called: <c>layer1_0</c> for a block, <c>conv1 to maxpool</c> for layers outside blocks; null if a network has no
    /// blocks.
    /// </summary>
    public string? Title { get; }

    /// <summary>
    /// The title with what the section reads and what comes out of it: <c>layer1_0: [N, 64, 56, 56] to [N, 256, 56, 56]</c>. Null if it has
    /// no title.
    /// </summary>
    public string? Summary { get; }

    /// <summary>Divides layers into sections; all are one section without a title where none belongs to a block.</summary>
    /// <param name="layers">The layers in order, at least one.</param>
    /// <param name="network">The network that they are of, by index.</param>
    public static IReadOnlyList<LayerSection> Divide(IReadOnlyList<Layer> layers, IReadOnlyList<Layer> network)
    {
        if (layers.All(static layer => layer.Block is null)) return [new LayerSection(layers, null, null)];
        List<LayerSection> sections = [];
        for (int start = 0, end; start < layers.Count; start = end)
        {
            end = start + 1;
            while (end < layers.Count && (layers[end].Block == layers[end - 1].Block || IsInput(layers[end - 1]))) end++;
            sections.Add(Create([.. layers.Skip(start).Take(end - start)], network));
        }
        return sections;
    }

    private static LayerSection Create(IReadOnlyList<Layer> layers, IReadOnlyList<Layer> network)
    {
        int start = layers[0].Index;
        Layer first = layers.First(static layer => !IsInput(layer)), last = layers[layers.Count - 1];
        string title = Comments.OneLine(first.Block ?? (first == last ? first.Name : $"{first.Name} to {last.Name}"));
        int[] read = [.. layers.SelectMany(static layer => layer.Inputs).Where(input => input < start).Distinct()];
        string inputs = Comments.OneLine(LayerEmitter.DescribeInputs(read, start - 1, first.Input, network));
        return new LayerSection(layers, title, $"{title}: {inputs} to {last.Output}");
    }

    /// <summary>Whether a layer does nothing, so that it is part of the section after it.</summary>
    private static bool IsInput(Layer layer) => layer.Main is null;
}
