using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using ModelSpec;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace FineTune.Training;

/// <summary>A spec that was read from disk, and its plan.</summary>
/// <param name="Spec">The spec.</param>
/// <param name="Plan">The plan.</param>
/// <param name="WeightSets">The published weights of the backbone, of every width.</param>
/// <param name="Parts">The parts of the pipeline that it can name.</param>
internal sealed record SpecSource(Spec Spec, TrainingPlan Plan, IReadOnlyList<WeightSet> WeightSets, PartRegistry Parts)
{
    /// <summary>The plan's network.</summary>
    public Network Network => Plan.Network;

    /// <summary>The spec's folder; relative paths start from it.</summary>
    public string Folder => Path.GetDirectoryName(Path.GetFullPath(Spec.Path))!;

    public SpecLocation DataSource => new(Spec.Path, Spec.Data.Source.Span);

    public SpecLocation Split => new(Spec.Path, Spec.Data.Split.Span);

    /// <summary>Where images are grouped; the split if they are not.</summary>
    public SpecLocation Group => new(Spec.Path, Spec.Data.Group?.Span ?? Spec.Data.Split.Span);

    public SpecLocation SplitOf(DatasetPart part) => new(Spec.Path, part switch
    {
        DatasetPart.Train => Spec.Data.SplitPlaces.Train,
        DatasetPart.Validation => Spec.Data.SplitPlaces.Validation,
        _ => Spec.Data.SplitPlaces.Test,
    });

    public SpecLocation Weights => new(Spec.Path, Spec.Backbone.Weights.Span);

    public SpecLocation Classes => new(Spec.Path, Spec.Model.ClassesSpan);

    public SpecLocation Name => new(Spec.Path, Spec.Model.Name.Span);

    public SpecLocation Stage(int index) => new(Spec.Path, Spec.Stages[index].Span);

    /// <summary>Reads a spec and the project's own backbones.</summary>
    /// <param name="path">The spec.</param>
    /// <param name="backboneFiles">The backbones.</param>
    /// <param name="parts">The parts of the pipeline; by default, the built-in ones.</param>
    /// <returns>The spec, or null with the errors.</returns>
    public static (SpecSource? Source, IReadOnlyList<Diagnostic> Diagnostics) Read(
        string path, IEnumerable<string> backboneFiles, PartRegistry? parts = null) => Parse(File.ReadAllText(path), path, backboneFiles, parts);

    /// <summary>Reads the text of a spec, which may not be written yet, and the project's own backbones.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">Where it is, or will be.</param>
    /// <param name="backboneFiles">The backbones.</param>
    /// <param name="parts">The parts of the pipeline; those that are built in by default.</param>
    /// <returns>The spec, or null with the errors.</returns>
    public static (SpecSource? Source, IReadOnlyList<Diagnostic> Diagnostics) Parse(
        string text, string path, IEnumerable<string> backboneFiles, PartRegistry? parts = null)
    {
        parts ??= PartRegistry.BuiltIn;
        List<Diagnostic> diagnostics = [];
        List<BackboneTable> own = [];
        foreach (string file in backboneFiles)
        {
            Result<BackboneTable> table = BackboneReader.Read(File.ReadAllText(file), file);
            diagnostics.AddRange(table.Diagnostics);
            if (table.Value is not null) own.Add(table.Value);
        }

        var backbones = new BackboneCatalogue(own);
        diagnostics.AddRange(backbones.FindDuplicates());
        Result<Spec> spec = SpecReader.Read(text, path, parts.Words);
        diagnostics.AddRange(spec.Diagnostics);
        if (spec.Value is null || diagnostics.Exists(static d => d.IsError)) return (null, diagnostics);
        Result<TrainingPlan> plan = TrainingPlanBuilder.Build(spec.Value, backbones, parts.Words);
        diagnostics.AddRange(plan.Diagnostics);
        if (plan.Value is null) return (null, diagnostics);
        return (new SpecSource(spec.Value, plan.Value, backbones.Find(spec.Value.Backbone.Architecture.Value)?.WeightSets ?? [], parts), diagnostics);
    }
}
