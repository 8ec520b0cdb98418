using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec.Language;

namespace FineTune.Training.Plugins;

/// <summary>Where a spec names a part, and where it gives the part's keys.</summary>
/// <param name="Spec">The spec.</param>
/// <param name="Section">The part.</param>
internal sealed record PartPlace(SpecSource Spec, PartSection Section)
{
    /// <summary>The place of a built-in part that always runs, whatever the spec says: the spec's name.</summary>
    public static PartPlace OfBuiltIn(SpecSource spec, string word) => new(spec, new PartSection(new PartUse(word, "", []), spec.Spec.Model.Name.Span, []));

    /// <summary>The part's values.</summary>
    public PartValues Values => new(Section.Use.Values.ToDictionary(static value => value.Key, static value => value.Value, StringComparer.Ordinal));

    /// <summary>The place of a key; of the part itself for null, and for keys that the spec leaves out.</summary>
    public SpecLocation At(string? key)
    {
        bool isOwn = Section.Use.Values.Any(value => value.Key == key);
        return key == PipelineException.Classes && !isOwn ? Spec.Classes : new SpecLocation(Spec.Spec.Path, Section.Place(key));
    }
}

/// <summary>Tells what parts say.</summary>
/// <param name="place">The position of the part.</param>
/// <param name="log">Where it is told.</param>
internal sealed class PartReport(PartPlace place, IProgressLog log) : IPartReport
{
    /// <inheritdoc />
    public void Line(string text) => log.Line($"{place.Spec.Network.ClassName}: {text}");

    /// <inheritdoc />
    public void Warn(string message, string? key = null) => log.Report(place.At(key).At(TrainingDiagnostics.PartWarning, message));
}
