namespace ModelSpec.Layers;

/// <summary>All layer types of the language.</summary>
internal static class LayerCatalogue
{
    /// <summary>Every type, by its word, in alphabetical order: each class that derives from <see cref="LayerType"/>.</summary>
    public static IReadOnlyDictionary<string, LayerType> All { get; } = typeof(LayerCatalogue).Assembly.GetTypes()
        .Where(static type => !type.IsAbstract && typeof(LayerType).IsAssignableFrom(type))
        .Select(static type => (LayerType)Activator.CreateInstance(type)!)
        .OrderBy(static type => type.Word, StringComparer.Ordinal)
        .ToDictionary(static type => type.Word, StringComparer.Ordinal);

    /// <summary>The types that rows of a backbone can have.</summary>
    public static IReadOnlyDictionary<string, LayerType> OfBackbones { get; } =
        All.Values.Where(static type => type.IsInBackbones).ToDictionary(static type => type.Word, StringComparer.Ordinal);

    /// <summary>The types that heads can have.</summary>
    public static IReadOnlyDictionary<string, LayerType> OfHeads { get; } =
        All.Values.Where(static type => type.Head is not null).ToDictionary(static type => type.Word, StringComparer.Ordinal);
}
