using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace ModelSpec.Toml;

/// <summary>
/// Reads the keys of one table by type and range. Errors are reported at the position of the value; <see cref="Finish"/> reports the keys
/// that were not read.
/// </summary>
/// <param name="table">The table.</param>
/// <param name="where">What messages call it.</param>
/// <param name="span">Its place.</param>
/// <param name="bag">Where errors go.</param>
/// <param name="path">Its name in TOML, such as <c>data.augment</c>; empty for the whole file.</param>
/// <param name="log">Where it notes what it is asked for; null if nobody wants to know.</param>
internal sealed class TableReader(TomlTable table, string where, SourceSpan span, DiagnosticBag bag, string path = "", KeyLog? log = null)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public SourceSpan Span => span;

    public DiagnosticBag Bag => bag;

    public IEnumerable<string> Keys => table.Entries.Keys;

    /// <summary>The values of all keys. Reading this does not mark the keys as read.</summary>
    public IEnumerable<TomlValue> Values => table.Entries.Values.Select(static entry => entry.Value);

    /// <summary>The same table with other values.</summary>
    public TableReader Map(Func<TomlValue, TomlValue> map)
    {
        var mapped = new TomlTable(table.Span);
        foreach (var entry in table.Entries) mapped.Entries.Add(entry.Key, (entry.Value.KeySpan, map(entry.Value.Value)));
        return new TableReader(mapped, where, span, bag, path, log);
    }

    public bool Has(string key) => Peek(key) is not null;

    public SourceSpan KeySpan(string key) => table.Entries.TryGetValue(key, out var entry) ? entry.KeySpan : span;

    public TomlValue? Peek(string key)
    {
        _known.Add(key);
        log?.NoteSeen(path, key);
        return table.Entries.TryGetValue(key, out var entry) ? entry.Value : null;
    }

    public void Missing(string key, string meaning)
    {
        log?.NoteMissing(path, key);
        bag.Report(SpecDiagnostics.MissingKey, span, where, key, meaning);
    }

    /// <summary>Notes that the other keys of the tables <paramref name="table"/> are those of the part that their key <paramref name="key"/> names.</summary>
    public void NoteParts(string table, string key, string kind) => log?.NoteParts(PathOf(table), key, kind);

    public Located<string>? String(string key)
    {
        Note(key, new KeyRequest(KeyKind.Text));
        return ReadString(key);
    }

    private Located<string>? ReadString(string key)
    {
        TomlValue? value = Peek(key);
        return value switch
        {
            null => null,
            TomlScalar { Value: string text } => new Located<string>(text, value.Span),
            _ => Wrong<string>(key, value, "a string"),
        };
    }

    public Located<bool>? Boolean(string key)
    {
        Note(key, new KeyRequest(KeyKind.Flag));
        TomlValue? value = Peek(key);
        return value switch
        {
            null => null,
            TomlScalar { Value: bool truth } => new Located<bool>(truth, value.Span),
            _ => Wrong<bool>(key, value, "true or false"),
        };
    }

    public Located<double>? Number(string key, NumberRange range)
    {
        Note(key, new KeyRequest(KeyKind.Number, range));
        return Peek(key) is { } value ? Number(key, value, range) : null;
    }

    public Located<long>? Integer(string key, NumberRange range)
    {
        Note(key, new KeyRequest(KeyKind.Whole, range));
        return Peek(key) is { } value ? Integer(key, value, range) : null;
    }

    public List<Located<string>>? Strings(string key) =>
        List(key, new KeyRequest(KeyKind.Texts), static (reader, name, item) => item is TomlScalar { Value: string text }
            ? new Located<string>(text, item.Span)
            : reader.Wrong<string>(name, item, "a string"));

    public List<Located<double>>? Numbers(string key, NumberRange range) =>
        List(key, new KeyRequest(KeyKind.Numbers, range), (reader, name, item) => reader.Number(name, item, range));

    public List<Located<long>>? Integers(string key, NumberRange range) =>
        List(key, new KeyRequest(KeyKind.Wholes, range), (reader, name, item) => reader.Integer(name, item, range));

    /// <summary>Reads a word of the language and gets its meaning; an unknown word is reported with the nearest known one.</summary>
    /// <returns>Whether the key has a known word.</returns>
    public bool Word<T>(string key, string kind, IReadOnlyDictionary<string, T> words, [NotNullWhen(true)] out T? value)
        where T : notnull
    {
        Note(key, new KeyRequest(KeyKind.Text, Words: [.. words.Keys]));
        value = default;
        if (ReadString(key) is not { } word) return false;
        if (words.TryGetValue(word.Value, out value)) return true;
        bag.Report(
            SpecDiagnostics.UnknownWord, word.Span, kind, word.Value, NearestName.Suggest(word.Value, words.Keys), string.Join(", ", words.Keys));
        return false;
    }

    public TableReader? Table(string key)
    {
        Note(key, new KeyRequest(KeyKind.Table));
        TomlValue? value = Peek(key);
        if (value is TomlTable child) return new TableReader(child, $"[{PathOf(key)}]", KeySpan(key), bag, PathOf(key), log);
        if (value is not null) Wrong<string>(key, value, "a table");
        return null;
    }

    /// <summary>The tables of an array of tables, named <c>[[key]] 1</c>, <c>[[key]] 2</c>, … in messages.</summary>
    public List<TableReader> Tables(string key)
    {
        Note(key, new KeyRequest(KeyKind.Tables));
        List<TableReader> tables = [];
        TomlValue? value = Peek(key);
        if (value is TomlList list)
        {
            for (int i = 0; i < list.Items.Count; i++)
            {
                if (list.Items[i] is TomlTable item) tables.Add(new TableReader(item, $"[[{PathOf(key)}]] {i + 1}", item.Span, bag, PathOf(key), log));
                else Wrong<string>(key, list.Items[i], "a table");
            }
        }
        else if (value is not null)
        {
            bag.Report(SpecDiagnostics.WrongType, value.Span, key, $"an array of tables; write [[{PathOf(key)}]]", value.TypeName);
        }
        return tables;
    }

    /// <summary>Reports every key that was not read, with the nearest known one.</summary>
    public void Finish()
    {
        foreach (var entry in table.Entries.Where(e => !_known.Contains(e.Key)))
        {
            bag.Report(SpecDiagnostics.UnknownKey, entry.Value.KeySpan, entry.Key, where, NearestName.Suggest(entry.Key, _known));
        }
    }

    private string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private void Note(string key, KeyRequest request) => log?.Note(path, key, request);

    private List<Located<T>>? List<T>(string key, KeyRequest request, Func<TableReader, string, TomlValue, Located<T>?> read)
    {
        Note(key, request);
        TomlValue? value = Peek(key);
        if (value is null) return null;
        if (value is not TomlList list)
        {
            Wrong<T>(key, value, "an array");
            return null;
        }
        List<Located<T>> items = [];
        foreach (TomlValue item in list.Items)
        {
            if (read(this, key, item) is { } element) items.Add(element);
        }
        return items;
    }

    private Located<double>? Number(string key, TomlValue value, NumberRange range)
    {
        if (value is not TomlScalar { Value: long or double } scalar) return Wrong<double>(key, value, "a number");
        double number = Convert.ToDouble(scalar.Value, CultureInfo.InvariantCulture);
        return range.Contains(number) ? new Located<double>(number, value.Span) : Outside<double>(key, value, range, number);
    }

    private Located<long>? Integer(string key, TomlValue value, NumberRange range)
    {
        if (value is not TomlScalar { Value: long number }) return Wrong<long>(key, value, "a whole number");
        return range.Contains(number) ? new Located<long>(number, value.Span) : Outside<long>(key, value, range, number);
    }

    private Located<T>? Wrong<T>(string key, TomlValue value, string expected)
    {
        bag.Report(SpecDiagnostics.WrongType, value.Span, key, expected, value.TypeName);
        return null;
    }

    private Located<T>? Outside<T>(string key, TomlValue value, NumberRange range, object number)
    {
        bag.Report(SpecDiagnostics.OutOfRange, value.Span, key, range.Text, number);
        return null;
    }
}
