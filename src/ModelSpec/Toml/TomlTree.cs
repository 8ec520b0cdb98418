using ModelSpec.Diagnostics;
using Tomlyn.Parsing;
using Tomlyn.Syntax;
using SourceSpan = ModelSpec.Text.SourceSpan;

namespace ModelSpec.Toml;

/// <summary>A TOML value with its place.</summary>
internal abstract record TomlValue(SourceSpan Span)
{
    /// <summary>The name of this type in error messages.</summary>
    public abstract string TypeName { get; }
}

/// <summary>A string, whole number, number, truth value or date.</summary>
internal sealed record TomlScalar(SourceSpan Span, object Value) : TomlValue(Span)
{
    public override string TypeName => Value switch
    {
        string => "a string",
        long => "a whole number",
        double => "a number",
        bool => "true or false",
        _ => "a date",
    };
}

/// <summary>An array, also one of tables.</summary>
internal sealed record TomlList(SourceSpan Span) : TomlValue(Span)
{
    public List<TomlValue> Items { get; } = [];

    public override string TypeName => "an array";
}

/// <summary>A table, with the place of each key.</summary>
internal sealed record TomlTable(SourceSpan Span) : TomlValue(Span)
{
    public Dictionary<string, (SourceSpan KeySpan, TomlValue Value)> Entries { get; } = new(StringComparer.Ordinal);

    public override string TypeName => "a table";
}

/// <summary>Parses TOML text into a tree of values with their positions.</summary>
internal static class TomlTree
{
    /// <summary>Parses <paramref name="text"/>; only the first syntax error is reported, because later ones are mostly caused by it.</summary>
    public static TomlTable? Parse(string text, DiagnosticBag bag)
    {
        DocumentSyntax document = SyntaxParser.Parse(text, bag.File, validate: true);
        DiagnosticMessage? error = document.Diagnostics.FirstOrDefault(static d => d.Kind == DiagnosticMessageKind.Error);
        if (error is not null)
        {
            SourceSpan place = Place(error.Span);
            if (UnterminatedString.Find(text) is { } open && open.Offset < place.Offset)
            {
                bag.Report(SpecDiagnostics.Syntax, open, "The string that begins here has no end: the closing quotes are missing.");
            }
            else
            {
                bag.Report(SpecDiagnostics.Syntax, place, Sentence(error.Message));
            }
            return null;
        }

        var root = new TomlTable(SourceSpan.FileStart);
        Fill(root, document.KeyValues);
        foreach (TableSyntaxBase table in document.Tables)
        {
            Fill(Open(root, table), table.Items);
        }
        return root;
    }

    private static TomlTable Open(TomlTable root, TableSyntaxBase header)
    {
        List<(string Name, SourceSpan Span)> path = Path(header.Name!);
        TomlTable parent = root;
        foreach ((string name, SourceSpan span) in path.Take(path.Count - 1)) parent = Child(parent, name, span);
        (string last, SourceSpan lastSpan) = path[path.Count - 1];
        if (header is not TableArraySyntax) return Child(parent, last, lastSpan);

        if (!parent.Entries.TryGetValue(last, out var entry) || entry.Value is not TomlList list)
        {
            list = new TomlList(lastSpan);
            parent.Entries[last] = (lastSpan, list);
        }
        var table = new TomlTable(lastSpan);
        list.Items.Add(table);
        return table;
    }

    private static TomlTable Child(TomlTable parent, string name, SourceSpan span)
    {
        if (parent.Entries.TryGetValue(name, out var entry))
        {
            if (entry.Value is TomlTable table) return table;
            if (entry.Value is TomlList { Items.Count: > 0 } list && list.Items[list.Items.Count - 1] is TomlTable last) return last;
        }
        var child = new TomlTable(span);
        parent.Entries[name] = (span, child);
        return child;
    }

    private static void Fill(TomlTable table, IEnumerable<KeyValueSyntax> entries)
    {
        foreach (KeyValueSyntax entry in entries)
        {
            List<(string Name, SourceSpan Span)> path = Path(entry.Key!);
            TomlTable parent = table;
            foreach ((string name, SourceSpan span) in path.Take(path.Count - 1)) parent = Child(parent, name, span);
            (string last, SourceSpan lastSpan) = path[path.Count - 1];
            parent.Entries[last] = (lastSpan, Value(entry.Value!));
        }
    }

    private static TomlValue Value(ValueSyntax syntax)
    {
        SourceSpan span = Place(syntax.Span);
        switch (syntax)
        {
            case StringValueSyntax text:
                return new TomlScalar(span, text.Value ?? "");
            case IntegerValueSyntax integer:
                return new TomlScalar(span, integer.Value);
            case FloatValueSyntax number:
                return new TomlScalar(span, number.Value);
            case BooleanValueSyntax truth:
                return new TomlScalar(span, truth.Value);
            case DateTimeValueSyntax date:
                return new TomlScalar(span, date.Value);
            case ArraySyntax array:
                var list = new TomlList(span);
                list.Items.AddRange(array.Items.Select(static i => Value(i.Value!)));
                return list;
            case InlineTableSyntax inline:
                var table = new TomlTable(span);
                Fill(table, inline.Items.Select(static i => i.KeyValue!));
                return table;
            default:
                throw new NotSupportedException($"TOML value {syntax.Kind}");
        }
    }

    private static List<(string Name, SourceSpan Span)> Path(KeySyntax key)
    {
        List<(string, SourceSpan)> path = [(Name(key.Key!), Place(key.Key!.Span))];
        path.AddRange(key.DotKeys.Select(static dot => (Name(dot.Key!), Place(dot.Key!.Span))));
        return path;
    }

    private static string Name(BareKeyOrStringValueSyntax key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax text => text.Value ?? "",
        _ => "",
    };

    /// <summary>The parser counts from 0 and its ends are inclusive.</summary>
    private static SourceSpan Place(Tomlyn.Syntax.SourceSpan span) => new(
        span.Start.Offset, Math.Max(0, span.End.Offset - span.Start.Offset + 1),
        span.Start.Line + 1, span.Start.Column + 1, span.End.Line + 1, span.End.Column + 2);

    private static string Sentence(string message) => message.EndsWith(".", StringComparison.Ordinal) ? message : message + ".";
}
