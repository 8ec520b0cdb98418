using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Language;

/// <summary>Reads the parts of the pipeline that a spec uses, with the keys that their plugins declare.</summary>
internal static class PartReader
{
    /// <summary>
    /// <c>IMPORTER:ARGUMENT</c>. A single letter before the colon is a Windows drive; any other text that does not match is a path.
    /// </summary>
    private static readonly Regex ImporterPattern = new(
        "^(?<word>[a-z0-9_]{2,}):(?<argument>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline);

    /// <summary>Reads an array of tables that each name a part.</summary>
    /// <param name="root">The spec.</param>
    /// <param name="table">The name of the tables.</param>
    /// <param name="key">The key that names the part.</param>
    /// <param name="kind">The kind of the parts.</param>
    /// <param name="words">The words that are known.</param>
    public static EquatableArray<PartSection> ReadTables(TableReader root, string table, string key, PartKind kind, PluginWords words)
    {
        root.NoteParts(table, key, PartWord.KindWord(kind));
        List<PartSection> parts = [];
        foreach (TableReader part in root.Tables(table))
        {
            if (ReadTable(part, key, kind, words) is { } read) parts.Add(read);
        }
        return parts.ToEquatableArray();
    }

    /// <summary>Reads what <c>source</c> names and the importer's own keys of <c>[data]</c>.</summary>
    /// <param name="data">The table.</param>
    /// <param name="source">The source.</param>
    /// <param name="isSplit">Whether the data is split into folders already, so that a source without a colon is always a folder.</param>
    /// <param name="words">The words that are known.</param>
    public static PartSection? ReadImporter(TableReader data, Located<string> source, bool isSplit, PluginWords words)
    {
        Match match = ImporterPattern.Match(source.Value);
        if (match.Success)
        {
            string word = match.Groups["word"].Value;
            if (words.Find(PartKind.Importer, word) is { } named) return ReadKeys(data, named, match.Groups["argument"].Value, source.Span);
            Unknown(data, source.With(word), PartKind.Importer, words, $"; the folder of this name is \"./{source.Value}\"");
            return null;
        }

        // The importer of folders needs an argument, so "folders" alone is the name of a folder.
        if (!isSplit && source.Value != PluginWords.Folders && words.Find(PartKind.Importer, source.Value) is { } alone)
        {
            return ReadKeys(data, alone, "", source.Span);
        }
        return ReadKeys(data, words.Find(PartKind.Importer, PluginWords.Folders)!, source.Value, source.Span);
    }

    private static PartSection? ReadTable(TableReader table, string key, PartKind kind, PluginWords words)
    {
        if (!table.Has(key)) table.Missing(key, $"which {PartWord.KindWord(kind)} it is");
        if (table.String(key) is not { } word)
        {
            Ignore(table);
            return null;
        }
        if (words.Find(kind, word.Value) is not { } part)
        {
            Unknown(table, word, kind, words, "");
            return null;
        }
        PartSection section = ReadKeys(table, part, "", word.Span);
        table.Finish();
        return section;
    }

    private static PartSection ReadKeys(TableReader table, PartWord part, string argument, SourceSpan span)
    {
        List<PartValue> values = [];
        List<Located<string>> places = [];
        foreach (PartKey key in part.Keys.OrderBy(static key => key.Name, StringComparer.Ordinal))
        {
            object? value = key.Default;
            if (table.Peek(key.Name) is { } given)
            {
                places.Add(new Located<string>(key.Name, given.Span));
                value = ReadValue(table, key);
            }
            else if (value is null)
            {
                table.Missing(key.Name, key.Meaning);
            }
            if (value is not null) values.Add(new PartValue(key.Name, value));
        }
        return new PartSection(new PartUse(part.Word, argument, values.ToEquatableArray()), span, places.ToEquatableArray());
    }

    private static object? ReadValue(TableReader table, PartKey key) => key.Kind switch
    {
        PartValueKind.Number => table.Number(key.Name, key.Range)?.Value,
        PartValueKind.Whole => table.Integer(key.Name, key.Range)?.Value,
        PartValueKind.Flag => table.Boolean(key.Name)?.Value,
        _ => table.String(key.Name)?.Value,
    };

    private static void Unknown(TableReader table, Located<string> word, PartKind kind, PluginWords words, string wayOut)
    {
        string[] known = [.. words.Words(kind)];
        table.Bag.Report(
            SpecDiagnostics.UnknownWord, word.Span, PartWord.KindWord(kind), word.Value, NearestName.Suggest(word.Value, known),
            (known.Length == 0 ? "none; plugins bring them, see docs/plugins.md" : string.Join(", ", known)) + wayOut);
        Ignore(table);
    }

    /// <summary>It is not known which keys belong here, so none of them is reported as unknown in addition.</summary>
    private static void Ignore(TableReader table)
    {
        foreach (string key in table.Keys) table.Peek(key);
    }
}
