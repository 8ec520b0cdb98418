using FineTune.Pipeline;
using ModelSpec;
using ModelSpec.Language;

namespace FineTune.Training.Plugins;

/// <summary>Converts the parts of plugins to the types of the language.</summary>
internal static class PartKinds
{
    /// <summary>Bounds of whole numbers beyond these count as no bound, because a double cannot represent them.</summary>
    private const double LeastWhole = long.MinValue, MostWhole = long.MaxValue;

    /// <summary>The kind of a part.</summary>
    /// <exception cref="ArgumentException">It implements none of the contracts, or more than one.</exception>
    public static PartKind KindOf(IPipelinePart part)
    {
        List<PartKind> kinds = [];
        if (part is IDatasetImporter) kinds.Add(PartKind.Importer);
        if (part is IImageProcessor) kinds.Add(PartKind.Processor);
        if (part is IWeightFormat) kinds.Add(PartKind.Format);
        if (part is IEvaluator) kinds.Add(PartKind.Evaluator);
        if (part is IModelExporter) kinds.Add(PartKind.Exporter);
        return kinds.Count == 1
            ? kinds[0]
            : throw new ArgumentException($"The part {part.GetType().FullName} must implement exactly one of the part interfaces, not {kinds.Count}.");
    }

    /// <summary>The word that a part declares, with keys and extensions in alphabetical order.</summary>
    /// <param name="part">The part.</param>
    /// <param name="plugin">The path of its plugin; empty for built-in parts.</param>
    public static PartWord WordOf(IPipelinePart part, string plugin) => InOrder(new PartWord(
        KindOf(part), part.Name, part.Parameters.Select(KeyOf).ToEquatableArray(),
        part is IWeightFormat format ? format.Extensions.ToEquatableArray() : [], plugin));

    /// <summary>A word with its keys and extensions in alphabetical order.</summary>
    public static PartWord InOrder(PartWord word) => word with
    {
        Keys = word.Keys.OrderBy(static key => key.Name, StringComparer.Ordinal).ToEquatableArray(),
        Extensions = word.Extensions.Order(StringComparer.Ordinal).ToEquatableArray(),
    };

    private static PartKey KeyOf(PartParameter parameter) => new(
        parameter.Key,
        parameter.Kind switch
        {
            ParameterKind.Number => PartValueKind.Number,
            ParameterKind.Whole => PartValueKind.Whole,
            ParameterKind.Flag => PartValueKind.Flag,
            _ => PartValueKind.Text,
        },
        parameter.Default,
        parameter.Kind == ParameterKind.Whole && parameter.Least <= LeastWhole ? double.NegativeInfinity : parameter.Least,
        parameter.Kind == ParameterKind.Whole && parameter.Most >= MostWhole ? double.PositiveInfinity : parameter.Most);
}
