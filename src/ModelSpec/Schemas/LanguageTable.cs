using ModelSpec.Language;
using ModelSpec.Toml;

namespace ModelSpec.Schemas;

/// <summary>A table of the language.</summary>
/// <param name="Path">Its name in TOML, such as <c>data.augment</c>; empty for the whole file.</param>
/// <param name="Keys">Its keys, in the order in which they are read.</param>
/// <param name="PartKey">The key that names a part of the pipeline, whose own keys the table can also have; null if there is none.</param>
/// <param name="PartKind">The kind of that part; null if there is none.</param>
public sealed record LanguageTable(string Path, EquatableArray<LanguageKey> Keys, string? PartKey, PartKind? PartKind)
{
    /// <summary>This table and every table in it.</summary>
    public IEnumerable<LanguageTable> All => Keys.Select(static key => key.Table).OfType<LanguageTable>().SelectMany(static table => table.All).Prepend(this);
}

/// <summary>A key of a table.</summary>
/// <param name="Name">The key.</param>
/// <param name="Path">Its name with that of its table: <c>data.augment.zoom</c>.</param>
/// <param name="Forms">The types of values that it can have, at least one.</param>
/// <param name="IsRequired">Whether a table must have it, whatever else is in the table but the key <see cref="KeyNote.RequiredUnless"/>.</param>
/// <param name="Conditions">The keys of the same table on whose values it depends whether the table can have this key.</param>
/// <param name="Table">The table that it holds, or each table of the array that it holds; null for other values.</param>
/// <param name="Note">What is known about it that the reader does not ask for; null if nobody has described it.</param>
public sealed record LanguageKey(
    string Name, string Path, EquatableArray<KeyForm> Forms, bool IsRequired, EquatableArray<KeyCondition> Conditions, LanguageTable? Table, KeyNote? Note);

/// <summary>A type of values of a key.</summary>
/// <param name="Kind">The type.</param>
/// <param name="Low">The lower end of a number's range, or of each number of an array; −∞ for none.</param>
/// <param name="IsLowIncluded">Whether the range includes its lower end.</param>
/// <param name="High">The upper end; ∞ for none.</param>
/// <param name="IsHighIncluded">Whether the range includes its upper end.</param>
/// <param name="Words">The words that a string can be; empty for any string.</param>
public sealed record KeyForm(KeyKind Kind, double Low, bool IsLowIncluded, double High, bool IsHighIncluded, EquatableArray<string> Words);

/// <summary>A condition under which a table can have a key.</summary>
/// <param name="Key">The key of the same table that decides.</param>
/// <param name="Values">The values of <paramref name="Key"/> with which the table can have it: strings or truth values.</param>
/// <param name="IsAllowedWithout">Whether it can also have it without <paramref name="Key"/>.</param>
/// <param name="RequiringValues">The values with which it must have it.</param>
public sealed record KeyCondition(string Key, EquatableArray<object> Values, bool IsAllowedWithout, EquatableArray<object> RequiringValues);

/// <summary>What editors show for a key, and the rules that the reader checks in other places than where it reads the key.</summary>
/// <param name="Text">The description: sentences in Markdown.</param>
public sealed record KeyNote(string Text)
{
    /// <summary>The value if a spec gives none: a string, a truth value, a <see cref="long"/> or a <see cref="double"/>; null if there is none.</summary>
    public object? Default { get; init; }

    /// <summary>Whether the reader requires it by other means than a missing key.</summary>
    public bool IsRequired { get; init; }

    /// <summary>A key of the same table with which this one is not required; null if there is none.</summary>
    public string? RequiredUnless { get; init; }

    /// <summary>The keys of the same table that a table with this key cannot have.</summary>
    public EquatableArray<string> Excludes { get; init; }

    /// <summary>The words that editors offer, for the string or for each string of an array.</summary>
    public EquatableArray<string> Words { get; init; }

    /// <summary>Whether there are no other words than <see cref="Words"/>.</summary>
    public bool HasOnlyWords { get; init; }

    /// <summary>A regular expression that the string, or each string of an array, matches; null for any string.</summary>
    public string? Pattern { get; init; }

    /// <summary>Values as they are written in TOML.</summary>
    public EquatableArray<string> Examples { get; init; }

    /// <summary>The least number of items of an array.</summary>
    public int LeastItems { get; init; }

    /// <summary>The largest number of items of an array, or null.</summary>
    public int? MostItems { get; init; }

    /// <summary>Whether no two items of an array are equal.</summary>
    public bool HasDistinctItems { get; init; }
}
