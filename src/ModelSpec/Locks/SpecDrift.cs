using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Networks;

namespace ModelSpec.Locks;

/// <summary>Finds where a spec has changed since its weights were trained, without looking at data or files.</summary>
public static class SpecDrift
{
    /// <summary>Compares a spec with the lock beside it.</summary>
    /// <param name="text">The spec's text.</param>
    /// <param name="path">The spec's path, as diagnostics shall name it.</param>
    /// <param name="network">What the spec means.</param>
    /// <param name="lockText">The lock's text.</param>
    /// <returns>A warning for each table of the spec that differs, at its place; nothing where the lock cannot be read.</returns>
    public static EquatableArray<Diagnostic> Find(string text, string path, Network network, string lockText)
    {
        if (TrainingLock.Read(lockText, path).Value is not { } known || SpecReader.Read(text, path).Value is not { } spec) return [];
        return TrainingLock.Compare(known.Inputs.Where(NetworkFacts.Covers), NetworkFacts.Of(network))
            .GroupBy(change => Place(change.Fact, spec))
            .Select(changes => Diagnostic.Create(
                SpecDiagnostics.SpecDrift, path, changes.Key, string.Join("; ", changes.Select(static change => change.Text))))
            .ToEquatableArray();
    }

    private static SourceSpan Place(Fact fact, Spec spec) => fact.Table switch
    {
        "stage" when fact.Index >= 1 && fact.Index <= spec.Stages.Count => spec.Stages[fact.Index - 1].Span,
        "backbone" => spec.Backbone.Span,
        "head" => spec.Head.Span,
        "model" => spec.Model.ClassesSpan,
        "data.split" => spec.Data.Split.Span,
        "data.augment" => spec.Data.Source.Span,
        _ => spec.Model.Name.Span,
    };
}
