using ModelSpec.Text;

namespace ModelSpec.Language;

/// <summary>A part of the pipeline that a spec uses: an importer, a processor, an evaluator or an exporter.</summary>
/// <param name="Word">Its name.</param>
/// <param name="Argument">For an importer: what follows the colon of <c>source</c>, or the folder. Empty if there is none.</param>
/// <param name="Values">The value of every key that the part has, in alphabetical order; defaults are filled in.</param>
public sealed record PartUse(string Word, string Argument, EquatableArray<PartValue> Values);

/// <summary>The value of a key of a part.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">A <see cref="double"/>, a <see cref="long"/>, a <see cref="string"/> or a <see cref="bool"/>.</param>
public sealed record PartValue(string Key, object Value);

/// <summary>A part that a spec uses, with its positions.</summary>
/// <param name="Use">The part and its values.</param>
/// <param name="Span">The position at which the spec names the part.</param>
/// <param name="Keys">The keys that the spec gives a value, each with the value's position.</param>
public sealed record PartSection(PartUse Use, SourceSpan Span, EquatableArray<Located<string>> Keys)
{
    /// <summary>The position of a key's value. For <see langword="null"/> and for keys that the spec leaves out, the position of the part's name.</summary>
    public SourceSpan Place(string? key)
    {
        foreach (Located<string> given in Keys)
        {
            if (given.Value == key) return given.Span;
        }
        return Span;
    }
}
