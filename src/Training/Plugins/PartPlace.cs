using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec.Language;

namespace FineTune.Training.Plugins;

/// <summary>The positions of a part and of its keys in a spec.</summary>
/// <param name="Spec">The spec.</param>
/// <param name="Section">The part.</param>
internal sealed record PartPlace(SpecSource Spec, PartSection Section)
{
    /// <summary>The position for a built-in part that runs for every spec: the spec's name.</summary>
    public static PartPlace OfBuiltIn(SpecSource spec, string word) => new(spec, new PartSection(new PartUse(word, "", []), spec.Spec.Model.Name.Span, []));

    /// <summary>The part's values.</summary>
    public PartValues Values => new(Section.Use.Values.ToDictionary(static value => value.Key, static value => value.Value, StringComparer.Ordinal));

    /// <summary>The position of a key. For null and for keys that the spec leaves out, the position of the part.</summary>
    public SpecLocation At(string? key)
    {
        bool isOwn = Section.Use.Values.Any(value => value.Key == key);
        return key == PipelineException.Classes && !isOwn ? Spec.Classes : new SpecLocation(Spec.Spec.Path, Section.Place(key));
    }
}

/// <summary>Logs the messages of parts.</summary>
/// <param name="place">The position of the part.</param>
/// <param name="log">Receives the messages.</param>
internal sealed class PartReport(PartPlace place, IProgressLog log) : IPartReport
{
    /// <inheritdoc />
    public void Line(string text) => log.Line($"{place.Spec.Network.ClassName}: {text}");

    /// <inheritdoc />
    public void Warn(string message, string? key = null) => log.Report(place.At(key).At(TrainingDiagnostics.PartWarning, message));
}
