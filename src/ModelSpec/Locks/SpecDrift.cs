using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Plans;
using ModelSpec.Text;

namespace ModelSpec.Locks;

/// <summary>Finds the changes of a spec since its weights were trained, without reading data or files.</summary>
public static class SpecDrift
{
    /// <summary>Compares a spec with the lock next to it.</summary>
    /// <param name="text">The spec's text.</param>
    /// <param name="path">The spec's path, as diagnostics name it.</param>
    /// <param name="plan">What the spec means.</param>
    /// <param name="lockText">The lock's text.</param>
    /// <param name="words">The words that plugins add.</param>
    /// <param name="embedsWeights">Whether the build embeds the weights of the lock.</param>
    /// <returns>
    /// A warning for each table of the spec that differs, at its position; an error if the build would embed weights whose answers now mean
    /// something else. Empty if the lock cannot be read.
    /// </returns>
    public static EquatableArray<Diagnostic> Find(string text, string path, TrainingPlan plan, string lockText, PluginWords words, bool embedsWeights)
    {
        if (TrainingLock.Read(lockText, path).Value is not { } known || SpecReader.Read(text, path, words).Value is not { } spec) return [];
        // What a file contains is not known here, so weights or a list of another name may be different.
        IEnumerable<Fact> names = PlanFacts.Names(plan).Where(IsOfFile), knownNames = known.Facts.Where(IsOfFile);
        return TrainingLock.Compare(
                [.. known.Inputs.Where(PlanFacts.Covers), .. knownNames, .. known.Facts.Where(PlanFacts.IsAnswering)],
                [.. PlanFacts.Of(plan), .. names, .. PlanFacts.Answering(plan)])
            .GroupBy(change => (Place: Place(change.Fact, spec), IsError: embedsWeights && PlanFacts.GivesMeaning(change.Fact)))
            .Select(changes => Diagnostic.Create(
                changes.Key.IsError ? SpecDiagnostics.OtherMeaning : SpecDiagnostics.SpecDrift, path, changes.Key.Place,
                string.Join("; ", changes.Select(static change => change.Text))))
            .ToEquatableArray();
    }

    private static bool IsOfFile(Fact fact) => fact.Table == PlanFacts.Lists || (fact.Table, fact.Key) == ("backbone", "weights");

    private static SourceSpan Place(Fact fact, Spec spec) => fact.Table switch
    {
        "stage" when fact.Index >= 1 && fact.Index <= spec.Stages.Count => spec.Stages[fact.Index - 1].Span,
        PlanFacts.Processor when fact.Index >= 1 && fact.Index <= spec.Processors.Count => spec.Processors[fact.Index - 1].Place(fact.Key),
        PlanFacts.Importer => spec.Data.Importer.Place(fact.Key),
        "backbone" => spec.Backbone.Span,
        "head" => spec.Head.Span,
        "model" => spec.Model.ClassesSpan,
        "data.split" or PlanFacts.Lists => spec.Data.Split.Span,
        "data.augment" => spec.Data.Source.Span,
        "predict" when fact.Key == "accept" && spec.Predict.Accept is { } accept => accept.Span,
        "predict" when fact.Key == "calibrate" && spec.Predict.Calibrate is { } calibrate => calibrate.Span,
        _ => spec.Model.Name.Span,
    };
}
