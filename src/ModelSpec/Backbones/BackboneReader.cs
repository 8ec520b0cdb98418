using System.Globalization;
using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Backbones;

/// <summary>Reads a <c>.backbone</c> file.</summary>
public static class BackboneReader
{
    /// <summary>The characters, in addition to control characters, that an operating system does not allow in file names.</summary>
    private static readonly char[] NotInFileNames = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

    private static readonly Regex DigestPattern =
        new(@"\A(?:md5:[0-9a-fA-F]{32}|sha256:[0-9a-fA-F]{8,64})\z", RegexOptions.CultureInvariant);

    /// <summary>The values of <c>interpolation</c>: whether it is bicubic.</summary>
    private static readonly Dictionary<string, bool> Interpolations = new(StringComparer.Ordinal)
    {
        ["bilinear"] = false,
        ["bicubic"] = true,
    };

    /// <summary>Reads a backbone table.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="path">The file's path, as diagnostics name it.</param>
    /// <returns>The table, or every error found.</returns>
    public static Result<BackboneTable> Read(string text, string path)
    {
        var bag = new DiagnosticBag(path);
        TomlTable? tree = TomlTree.Parse(text, bag);
        BackboneTable? table = tree is null ? null : Read(new TableReader(tree, "the backbone", SourceSpan.FileStart, bag), path);
        return new Result<BackboneTable>(bag.HasErrors ? null : table, bag.ToArray());
    }

    private static BackboneTable? Read(TableReader root, string path)
    {
        Located<string>? name = Text(root, "name", "what specs call the backbone");
        string? title = root.String("title")?.Value;
        List<Located<long>>? input = root.Integers("input", NumberRange.Closed(1, 8192));
        if (input is not { Count: 2 }) root.Missing("input", "the usual [height, width]");
        List<Located<double>> multipliers = root.Numbers("width", NumberRange.AboveUpTo(0, 100)) ?? [];
        Preprocessing preprocessing = ReadPreprocessing(root) ?? Preprocessing.Unit;

        EquatableArray<BackboneRow> rows = ReadRows(root);
        if (rows.Count == 0 && !root.Bag.HasErrors) root.Missing("layers", "the rows of the table");
        if (!root.Bag.HasErrors) RowChecks.Check(rows, (int)input![0].Value, (int)input[1].Value, root.Bag);
        List<Located<string>> top = root.Strings("top") ?? [];
        List<WeightSet> sets = [];
        foreach (TableReader row in root.Tables("weights"))
        {
            if (ReadWeightSet(row, input) is { } set) sets.Add(set);
            row.Finish();
        }
        root.Finish();
        return root.Bag.HasErrors
            ? null
            : new BackboneTable(
                name!.Value.Value, title ?? name.Value.Value, (int)input![0].Value, (int)input[1].Value,
                multipliers.Select(static m => m.Value).ToEquatableArray(), preprocessing, rows,
                top.Select(static t => t.Value).ToEquatableArray(), sets.ToEquatableArray(), path, name.Value.Span);
    }

    private static EquatableArray<BackboneRow> ReadRows(TableReader root)
    {
        Dictionary<string, RowBlock> blocks = new(StringComparer.Ordinal);
        if (root.Table("block") is { } tables)
        {
            foreach (string name in tables.Keys.ToList())
            {
                if (tables.Table(name) is { } block) blocks.Add(name, RowBlock.Read(name, block));
            }
        }
        return RowExpander.Expand(root.Tables("layers"), blocks, root.Bag).ToEquatableArray();
    }

    private static WeightSet? ReadWeightSet(TableReader row, List<Located<long>>? input)
    {
        string? name = Text(row, "name", "the word of the language")?.Value;
        Located<string>? file = Text(row, "file", "the file's name");
        if (file is { } plain && !IsFileName(plain.Value))
        {
            row.Bag.Report(SpecDiagnostics.FileName, plain.Span, plain.Value, string.Join(" ", NotInFileNames));
        }
        string? url = Text(row, "url", "where it is published")?.Value;
        string? member = row.Has("member") ? Text(row, "member", "the file's path in the archive")?.Value : null;
        Located<string>? digest = row.String("digest");
        if (digest is { } stated && !DigestPattern.IsMatch(stated.Value))
        {
            row.Bag.Report(SpecDiagnostics.Digest, stated.Span, stated.Value);
        }
        double? width = row.Number("width", NumberRange.Above(0))?.Value;
        Preprocessing? preprocessing = ReadPreprocessing(row);
        if (preprocessing is null && !row.Has("preprocess")) row.Missing("preprocess", string.Join(", ", Preprocessing.ByName.Keys));
        // The centre of a smaller image could not fill the input.
        long shorter = input is { Count: > 0 } ? input.Min(static side => side.Value) : 1;
        int? resize = (int?)row.Integer("resize", NumberRange.Closed(shorter, 8192))?.Value;
        bool isBicubic = row.Word("interpolation", "interpolation", Interpolations, out bool given) && given;
        EquatableArray<KeyRename> rename = ReadRenames(row);
        return name is null || file is null || url is null || preprocessing is null
            ? null
            : new WeightSet(name, file.Value.Value, url, digest?.Value, width, preprocessing, row.String("size")?.Value, rename, resize, isBicubic, member)
            {
                Licence = row.String("licence")?.Value,
            };
    }

    private static EquatableArray<KeyRename> ReadRenames(TableReader row)
    {
        if (row.Table("rename") is not { } table) return [];
        List<KeyRename> renames = [];
        foreach (string from in table.Keys)
        {
            if (table.String(from) is not { } to) continue;
            var rename = new KeyRename(from, to.Value);
            if (rename.Problem is { } problem) table.Bag.Report(SpecDiagnostics.OutOfRange, to.Span, "rename", problem, $"'{from}' = '{to.Value}'");
            renames.Add(rename);
        }
        return renames.ToEquatableArray();
    }

    /// <summary>A string that must be there and must not be blank.</summary>
    private static Located<string>? Text(TableReader table, string key, string meaning)
    {
        if (!table.Has(key)) table.Missing(key, meaning);
        if (table.String(key) is not { } text) return null;
        if (!string.IsNullOrWhiteSpace(text.Value)) return text;
        table.Bag.Report(SpecDiagnostics.OutOfRange, text.Span, key, "a name", "empty");
        return null;
    }

    private static bool IsFileName(string name) =>
        name is not ("." or "..") && !name.Any(static c => char.IsControl(c) || NotInFileNames.Contains(c));

    private static Preprocessing? ReadPreprocessing(TableReader row) =>
        row.Word("preprocess", "preprocessing", Preprocessing.ByName, out Preprocessing? preprocessing) ? preprocessing : null;
}
