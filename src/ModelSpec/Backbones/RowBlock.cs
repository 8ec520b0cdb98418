using ModelSpec.Diagnostics;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Backbones;

/// <summary>A block of rows that a backbone uses several times, with parameters: a table <c>[block.NAME]</c>.</summary>
internal sealed class RowBlock
{
    private readonly List<Located<string>> _parameters;
    private readonly IReadOnlyDictionary<string, TomlValue> _defaults;

    private RowBlock(string name, SourceSpan span, List<Located<string>> parameters, IReadOnlyDictionary<string, TomlValue> defaults, List<TableReader> rows)
    {
        Name = name;
        Span = span;
        _parameters = parameters;
        _defaults = defaults;
        Rows = rows;
    }

    /// <summary>What rows call it.</summary>
    public string Name { get; }

    /// <summary>Its place in the file.</summary>
    public SourceSpan Span { get; }

    /// <summary>Its rows as written.</summary>
    public IReadOnlyList<TableReader> Rows { get; }

    /// <summary>Whether a row uses it.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Reads a block.</summary>
    public static RowBlock Read(string name, TableReader table)
    {
        List<Located<string>> parameters = table.Strings("parameters") ?? [];
        TableReader? defaults = table.Table("defaults");
        Dictionary<string, TomlValue> values = new(StringComparer.Ordinal);
        foreach (string key in defaults?.Keys ?? []) values.Add(key, defaults!.Peek(key)!);
        List<TableReader> rows = table.Tables("layers");
        if (rows.Count == 0 && !table.Has("layers")) table.Missing("layers", "the rows of the block");
        table.Finish();
        return new RowBlock(name, table.Span, parameters, values, rows);
    }

    /// <summary>The values of the parameters for a row that uses the block; a parameter that is missing is reported.</summary>
    public IReadOnlyDictionary<string, TomlValue> Bind(TableReader use)
    {
        Dictionary<string, TomlValue> values = new(StringComparer.Ordinal);
        foreach (KeyValuePair<string, TomlValue> otherwise in _defaults) values[otherwise.Key] = use.Peek(otherwise.Key) ?? otherwise.Value;
        foreach (Located<string> parameter in _parameters)
        {
            if (use.Peek(parameter.Value) is { } value) values[parameter.Value] = value;
            else use.Missing(parameter.Value, $"a parameter of the block '{Name}'");
        }
        return values;
    }

    /// <summary>A value of one of the block's rows, with the parameters' values in the place of <c>$NAME</c>.</summary>
    public TomlValue Substitute(TomlValue value, IReadOnlyDictionary<string, TomlValue> values, DiagnosticBag bag)
    {
        switch (value)
        {
            case TomlList list:
                var mapped = new TomlList(list.Span);
                mapped.Items.AddRange(list.Items.Select(item => Substitute(item, values, bag)));
                return mapped;
            case TomlScalar { Value: string text } when text.StartsWith("$", StringComparison.Ordinal) && text != "$input":
                if (values.TryGetValue(text.Substring(1), out TomlValue? given)) return given;
                List<string> known = [.. _parameters.Select(static p => p.Value), .. _defaults.Keys];
                // A parameter that the row did not give has been reported already.
                if (!known.Contains(text.Substring(1)))
                {
                    bag.Report(SpecDiagnostics.Backbone, value.Span,
                        $"The block '{Name}' has no parameter '{text.Substring(1)}'.{NearestName.Suggest(text.Substring(1), known)}");
                }
                return value;
            default:
                return value;
        }
    }
}
