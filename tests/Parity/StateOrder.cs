namespace FineTune.Parity;

/// <summary>
/// The order of a state dict in PyTorch: a module's own tensors first, then those of each child, in the order in which the children were
/// registered. It differs from the order of the rows of a backbone if a module with children has its own tensors: ConvNeXt's
/// <c>features.1.0.layer_scale</c> comes before <c>features.1.0.block.0.weight</c>, and <c>class_token</c> before everything.
/// </summary>
internal static class StateOrder
{
    /// <summary>Arranges keys.</summary>
    /// <param name="keys">State-dict keys; children are taken to be registered in the order in which they first occur here.</param>
    /// <returns>The same keys in the order of a state dict.</returns>
    public static IReadOnlyList<string> Arrange(IEnumerable<string> keys)
    {
        var root = new Node();
        foreach (string key in keys)
        {
            Node node = root;
            string[] path = key.Split('.');
            foreach (string child in path.AsSpan(0, path.Length - 1))
            {
                if (!node.Children.TryGetValue(child, out Node? next)) node.Children.Add(child, next = new Node());
                node = next;
            }
            node.Tensors.Add(key);
        }
        return [.. root.Flatten()];
    }

    private sealed class Node
    {
        public List<string> Tensors { get; } = [];

        public OrderedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public IEnumerable<string> Flatten() => Tensors.Concat(Children.Values.SelectMany(static child => child.Flatten()));
    }
}
