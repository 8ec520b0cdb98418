namespace ModelSpec.Toml;

/// <summary>The type of a key's value.</summary>
public enum KeyKind
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>An array of strings.</summary>
    Texts,

    /// <summary>An array of numbers.</summary>
    Numbers,

    /// <summary>An array of whole numbers.</summary>
    Wholes,

    /// <summary>A table.</summary>
    Table,

    /// <summary>An array of tables.</summary>
    Tables,
}

/// <summary>A type that a reader asks a key to have.</summary>
/// <param name="Kind">The type.</param>
/// <param name="Range">The range of a number, or of each number of an array.</param>
/// <param name="Words">The words that a string can be, in the order of messages; null for any string.</param>
internal sealed record KeyRequest(KeyKind Kind, NumberRange? Range = null, IReadOnlyList<string>? Words = null);

/// <summary>
/// What a reader asked for while it read: the keys of each table, their types, and those that it missed. The language is described by these requests, so
/// a description cannot differ from what is read.
/// </summary>
internal sealed class KeyLog
{
    private readonly List<(string Table, string Key, KeyRequest Request)> _requests = [];
    private readonly List<(string Table, string Key)> _missing = [], _seen = [];
    private readonly Dictionary<string, (string Key, string Kind)> _parts = new(StringComparer.Ordinal);

    /// <summary>The requests in order.</summary>
    public IReadOnlyList<(string Table, string Key, KeyRequest Request)> Requests => _requests;

    /// <summary>The keys that a table had to have, and had not.</summary>
    public IReadOnlyList<(string Table, string Key)> Missing => _missing;

    /// <summary>The keys that were looked at, of any type.</summary>
    public IReadOnlyList<(string Table, string Key)> Seen => _seen;

    /// <summary>The tables whose other keys are those of the part that one of their keys names.</summary>
    public IReadOnlyDictionary<string, (string Key, string Kind)> Parts => _parts;

    public void Note(string table, string key, KeyRequest request) => _requests.Add((table, key, request));

    public void NoteMissing(string table, string key) => _missing.Add((table, key));

    public void NoteSeen(string table, string key) => _seen.Add((table, key));

    public void NoteParts(string table, string key, string kind) => _parts[table] = (key, kind);
}
