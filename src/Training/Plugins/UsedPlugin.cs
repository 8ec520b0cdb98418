using FineTune.Pipeline;
using ModelSpec.Plans;

namespace FineTune.Training.Plugins;

/// <summary>A plugin that a spec uses.</summary>
/// <param name="Plugin">The plugin.</param>
/// <param name="Parts">Its parts that the spec uses, with their revisions: <c>importer csv 3</c>.</param>
/// <param name="Trains">Whether one of these parts can change weights: an importer, a processor or a weight format.</param>
internal sealed record UsedPlugin(PluginSource Plugin, IReadOnlyList<string> Parts, bool Trains)
{
    /// <summary>The plugins that a spec uses, sorted by file name.</summary>
    public static IReadOnlyList<UsedPlugin> Find(SpecSource spec)
    {
        TrainingPlan plan = spec.Plan;
        PartRegistry parts = spec.Parts;
        List<(PluginSource Plugin, string Part, bool Trains)> used = [];
        Add(parts.Find<IDatasetImporter>(plan.Importer.Word), "importer", true);
        foreach (string word in plan.Processors.Select(static use => use.Word)) Add(parts.Find<IImageProcessor>(word), "processor", true);
        if (FormatOf(spec) is { } format) Add(format, "format", true);
        foreach (string word in plan.Evaluators.Select(static use => use.Word)) Add(parts.Find<IEvaluator>(word), "evaluator", false);
        foreach (string word in plan.Exports.Select(static use => use.Word)) Add(parts.Find<IModelExporter>(word), "exporter", false);
        return [.. used.GroupBy(static part => part.Plugin)
            .Select(static group => new UsedPlugin(
                group.Key, [.. group.Select(static part => part.Part).Distinct().Order(StringComparer.Ordinal)], group.Any(static part => part.Trains)))
            .OrderBy(static plugin => plugin.Plugin.Name, StringComparer.Ordinal)];

        void Add<T>(RegisteredPart<T> part, string kind, bool trains)
            where T : IPipelinePart
        {
            if (!part.Plugin.IsBuiltIn) used.Add((part.Plugin, FormattableString.Invariant($"{kind} {part.Part.Name} {part.Part.Revision}"), trains));
        }
    }

    /// <summary>The format of a plugin that has the extension of a spec's weight file; null if it is a built-in format.</summary>
    public static RegisteredPart<IWeightFormat>? FormatOf(SpecSource spec) => spec.Plan.WeightFile is not { } file
        ? null
        : spec.Parts.All<IWeightFormat>().FirstOrDefault(format =>
            !format.Plugin.IsBuiltIn && format.Part.Extensions.Any(extension => file.EndsWith(extension, StringComparison.OrdinalIgnoreCase)));
}
