using ModelSpec.Diagnostics;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Backbones;

/// <summary>A block of rows that a backbone uses several times, with parameters: a table <c>[block.NAME]</c>.</summary>
internal sealed class RowBlock
{
    /// <summary>The keys of a row that uses a block; parameters cannot have these names.</summary>
    private static readonly string[] KeysOfRows = ["name", "key", "from", "n", "block"];

    private readonly IReadOnlyList<string> _parameters;
    private readonly IReadOnlyDictionary<string, TomlValue> _defaults;

    private RowBlock(
        string name, SourceSpan span, IReadOnlyList<string> parameters, IReadOnlyDictionary<string, TomlValue> defaults, IReadOnlyList<TableReader> rows,
        bool isSound)
    {
        Name = name;
        Span = span;
        _parameters = parameters;
        _defaults = defaults;
        Rows = rows;
        IsSound = isSound;
    }

    /// <summary>The name that rows use.</summary>
    public string Name { get; }

    /// <summary>Its position in the file.</summary>
    public SourceSpan Span { get; }

    /// <summary>Its rows as written.</summary>
    public IReadOnlyList<TableReader> Rows { get; }

    /// <summary>Whether its rows mention only parameters that it has; otherwise it cannot be expanded.</summary>
    public bool IsSound { get; }

    /// <summary>Reads a block.</summary>
    public static RowBlock Read(string name, TableReader table)
    {
        List<Located<string>> parameters = table.Strings("parameters") ?? [];
        Dictionary<string, TomlValue> defaults = new(StringComparer.Ordinal);
        List<Located<string>> names = [.. parameters];
        if (table.Table("defaults") is { } values)
        {
            foreach (string key in values.Keys)
            {
                defaults.Add(key, values.Peek(key)!);
                names.Add(new Located<string>(key, values.KeySpan(key)));
            }
        }
        CheckNames(name, names, table.Bag);
        List<TableReader> rows = table.Tables("layers");
        if (rows.Count == 0) table.Missing("layers", "the rows of the block");
        table.Finish();
        List<string> known = [.. names.Select(static n => n.Value)];
        List<Located<string>> unknown = [.. rows.SelectMany(static row => row.Values.SelectMany(Mentions)).Where(m => !known.Contains(m.Value))];
        foreach (Located<string> mention in unknown)
        {
            table.Bag.Report(SpecDiagnostics.Backbone, mention.Span,
                $"The block '{name}' has no parameter '{mention.Value}'.{NearestName.Suggest(mention.Value, known)}");
        }
        return new RowBlock(name, table.Span, [.. parameters.Select(static p => p.Value)], defaults, rows, unknown.Count == 0);
    }

    /// <summary>The values of the parameters for a row that uses the block, or null if one is missing, which is reported.</summary>
    public IReadOnlyDictionary<string, TomlValue>? Bind(TableReader use)
    {
        Dictionary<string, TomlValue> values = new(StringComparer.Ordinal);
        bool isComplete = true;
        foreach (KeyValuePair<string, TomlValue> otherwise in _defaults) values[otherwise.Key] = use.Peek(otherwise.Key) ?? otherwise.Value;
        foreach (string parameter in _parameters)
        {
            if (use.Peek(parameter) is { } value)
            {
                values[parameter] = value;
                continue;
            }
            use.Missing(parameter, $"a parameter of the block '{Name}'");
            isComplete = false;
        }
        return isComplete ? values : null;
    }

    /// <summary>A row with <c>$NAME</c> replaced by the values of parameters.</summary>
    public static TableReader Substitute(TableReader row, IReadOnlyDictionary<string, TomlValue> values) => row.Map(value => Substitute(value, values));

    private static TomlValue Substitute(TomlValue value, IReadOnlyDictionary<string, TomlValue> values)
    {
        if (Mention(value) is { } name) return values[name.Value];
        if (value is not TomlList list) return value;
        var mapped = new TomlList(list.Span);
        mapped.Items.AddRange(list.Items.Select(item => Substitute(item, values)));
        return mapped;
    }

    /// <summary>The parameter that a value stands for, or null.</summary>
    private static Located<string>? Mention(TomlValue value) =>
        value is TomlScalar { Value: string text } && text.StartsWith("$", StringComparison.Ordinal) && text != RowExpander.BlockInput
            ? new Located<string>(text.Substring(1), value.Span)
            : null;

    private static IEnumerable<Located<string>> Mentions(TomlValue value) =>
        value is TomlList list ? list.Items.SelectMany(Mentions) : Mention(value) is { } name ? [name] : [];

    private static void CheckNames(string block, List<Located<string>> names, DiagnosticBag bag)
    {
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (Located<string> name in names)
        {
            if (KeysOfRows.Contains(name.Value))
            {
                bag.Report(SpecDiagnostics.Backbone, name.Span,
                    $"A parameter cannot be called '{name.Value}': rows that use the block '{block}' have this key already.");
            }
            else if (!taken.Add(name.Value))
            {
                bag.Report(SpecDiagnostics.Backbone, name.Span, $"The block '{block}' has the parameter '{name.Value}' twice; remove one.");
            }
        }
    }
}
