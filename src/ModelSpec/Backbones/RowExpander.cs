using System.Globalization;
using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Backbones;

/// <summary>
/// Expands the rows of a backbone. A row that uses a block is replaced by the rows of the block: its name and key become their prefixes, and its
/// values replace the block's parameters. A row with <c>n</c> is repeated. Names in <c>from</c> become indices. A row with an error is left out,
/// and the rows that read it report no error of their own.
/// </summary>
internal sealed class RowExpander
{
    /// <summary>The name that stands for the row that a block reads.</summary>
    public const string BlockInput = "$input";

    /// <summary>The largest number of rows. Networks have fewer; a file with more is a mistake, and its rows would fill the memory.</summary>
    private const int MostRows = 10_000;

    private const string NumberMark = "{n}";

    private static readonly Regex NumberPattern = new(@"\A(?<first>[0-9]{1,4})\.\.(?<last>[0-9]{1,4})\z", RegexOptions.CultureInvariant);

    private readonly IReadOnlyDictionary<string, RowBlock> _blocks;
    private readonly DiagnosticBag _bag;
    private readonly List<BackboneRow> _rows = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>The blocks that are being expanded, the outermost first.</summary>
    private readonly List<RowBlock> _open = [];

    /// <summary>How many rows have been read; the rows of a block count each time that it is used.</summary>
    private int _steps;

    private RowExpander(IReadOnlyDictionary<string, RowBlock> blocks, DiagnosticBag bag)
    {
        _blocks = blocks;
        _bag = bag;
    }

    /// <summary>Expands rows.</summary>
    /// <param name="rows">The rows as written in the file.</param>
    /// <param name="blocks">The blocks by their names.</param>
    /// <param name="bag">Where errors go.</param>
    public static List<BackboneRow> Expand(IReadOnlyList<TableReader> rows, IReadOnlyDictionary<string, RowBlock> blocks, DiagnosticBag bag)
    {
        var expander = new RowExpander(blocks, bag);
        expander.Expand(rows, new Scope("", "", null, null, null, [.. rows.Select(NameOf)]));
        // After an error, the row that uses the block may be missing.
        foreach (RowBlock block in blocks.Values.Where(block => !bag.HasErrors && !expander._used.Contains(block.Name)))
        {
            bag.Report(SpecDiagnostics.Backbone, block.Span, $"No row uses the block '{block.Name}'; remove it.");
        }
        return expander._rows;
    }

    private void Expand(IReadOnlyList<TableReader> rows, Scope scope)
    {
        int? above = scope.Input;
        for (scope.Place = 0; scope.Place < rows.Count; scope.Place++)
        {
            if (!CanWrite(rows[scope.Place])) return;
            above = Write(rows[scope.Place], scope, above) ?? above;
        }
    }

    /// <summary>Counts a row; the first one beyond the limit is reported.</summary>
    private bool CanWrite(TableReader row)
    {
        if (_steps == MostRows)
        {
            _bag.Report(SpecDiagnostics.Backbone, row.Span, string.Format(CultureInfo.InvariantCulture,
                "After its blocks are expanded, the backbone has more than {0} rows; use and repeat blocks less often.", MostRows));
        }
        return ++_steps <= MostRows;
    }

    /// <summary>Expands a row, with all its repetitions.</summary>
    /// <returns>The index of the last layer, or null if there is none.</returns>
    private int? Write(TableReader row, Scope scope, int? above)
    {
        bool usesBlock = row.Has("block");
        Located<string>? name = row.String("name");
        if (!row.Has("name")) row.Missing("name", usesBlock ? "what the names of the block's layers begin with" : "the layer's name");
        Located<string>? key = row.String("key");
        bool hasNumbers = ReadNumbers(row, name, key, out int first, out int last);
        List<int>? inputs = FindInputs(row, scope, above);
        Action<Instance>? add = usesBlock ? ReadBlock(row, scope, inputs) : ReadLayer(row, scope, ref inputs);
        if (add is null || name is null || inputs is null || !hasNumbers) return null;

        int count = _rows.Count;
        for (int n = first; n <= last; n++)
        {
            if (n > first && !CanWrite(row)) return null;
            Located<string> instance = name.Value.With(Number(name.Value.Value, n));
            int before = _rows.Count;
            add(new Instance(instance, key is { } own ? own.With(Number(own.Value, n)) : instance, inputs));
            if (_rows.Count == before) return null;
            scope.Names[instance.Value] = _rows.Count - 1;
            inputs = [_rows.Count - 1];
        }
        return _rows.Count > count ? _rows.Count - 1 : null;
    }

    /// <summary>Reads a row that is a layer. Returns a function that adds it, or null if the row has errors.</summary>
    private Action<Instance>? ReadLayer(TableReader row, Scope scope, ref List<int>? inputs)
    {
        if (!row.Has("type")) row.Missing("type", "a layer type, or the key 'block' instead: " + string.Join(", ", LayerCatalogue.OfBackbones.Keys));
        // The keys of an unknown type are not known either.
        if (!row.Word("type", "layer type", LayerCatalogue.OfBackbones, out LayerType? type)) return null;
        LayerDefinition definition = type.Read(new LayerKeys(row));
        row.Finish();
        if (definition.MostInputs == 0 && !row.Has("from")) inputs = [];
        return instance =>
        {
            CheckInputs(instance, definition, row);
            _rows.Add(new BackboneRow(
                scope.NamePrefix + instance.Name.Value, scope.KeyPrefix + instance.Key.Value, definition, instance.Inputs.ToEquatableArray(), scope.Block,
                instance.Name.Span, instance.Key.Span));
        };
    }

    /// <summary>Reads a row that uses a block. Returns a function that expands the block, or null if the row has errors.</summary>
    private Action<Instance>? ReadBlock(TableReader row, Scope scope, List<int>? inputs)
    {
        if (!row.Word("block", "block", _blocks, out RowBlock? block)) return null;
        _used.Add(block.Name);
        IReadOnlyDictionary<string, TomlValue>? values = block.Bind(row);
        row.Finish();
        if (_open.Contains(block))
        {
            IEnumerable<string> circle = _open.Skip(_open.IndexOf(block)).Append(block).Select(static open => $"'{open.Name}'");
            _bag.Report(SpecDiagnostics.Backbone, row.Peek("block")!.Span, $"A block cannot use itself: {string.Join(" uses ", circle)}.");
            return null;
        }
        if (inputs is { Count: not 1 })
        {
            if (row.Has("from")) _bag.Report(SpecDiagnostics.Backbone, row.Peek("from")!.Span, $"A block reads one layer, not {Show(inputs.Count)}.");
            else RowChecks.ReportFirst(row.Span, _bag);
            return null;
        }
        if (values is null || !block.IsSound) return null;
        return instance =>
        {
            List<TableReader> rows = [.. block.Rows.Select(blockRow => RowBlock.Substitute(blockRow, values))];
            _open.Add(block);
            Expand(rows, new Scope(
                $"{scope.NamePrefix}{instance.Name.Value}_", $"{scope.KeyPrefix}{instance.Key.Value}.", scope.Block ?? instance.Name.Value, scope,
                instance.Inputs[0], [.. rows.Select(NameOf)]));
            _open.RemoveAt(_open.Count - 1);
        };
    }

    private void CheckInputs(Instance instance, LayerDefinition definition, TableReader row)
    {
        int count = instance.Inputs.Count;
        if (count >= definition.FewestInputs && count <= definition.MostInputs) return;
        // The first row of a file reads nothing. If it is not the input, RowChecks reports that.
        if (count == 0 && definition.MostInputs == 1 && !row.Has("from")) return;
        string read = count switch { 0 => "no layer", 1 => "one layer", _ => Show(count) + " layers" };
        string wanted = definition.MostInputs switch
        {
            0 => "none",
            1 => "one",
            int.MaxValue => $"at least {Show(definition.FewestInputs)}; name them: from = [\"…\", \"…\"]",
            _ => $"{Show(definition.FewestInputs)}; name them: from = [\"…\", \"…\"]",
        };
        SourceSpan place = row.Peek("from")?.Span ?? instance.Name.Span;
        _bag.Report(SpecDiagnostics.Backbone, place, $"'{instance.Name.Value}' reads {read}, but its type takes {wanted}.");
    }

    /// <summary>Reads <c>n</c>; without it, the row has one instance without a number.</summary>
    /// <returns>Whether it is valid.</returns>
    private bool ReadNumbers(TableReader row, Located<string>? name, Located<string>? key, out int first, out int last)
    {
        (first, last) = (0, 0);
        bool isRepeated = row.Has("n");
        foreach (Located<string> text in new[] { name, key }.OfType<Located<string>>().Where(text => isRepeated != text.Value.Contains(NumberMark)))
        {
            _bag.Report(SpecDiagnostics.Backbone, text.Span, isRepeated
                ? $"The row is repeated, so the number must be in '{text.Value}': write {NumberMark} in its place."
                : $"'{text.Value}' has {NumberMark} in it, but the row has no numbers; write for example n = \"1..3\".");
            return false;
        }
        if (!isRepeated) return true;
        if (row.String("n") is not { } range) return false;
        Match match = NumberPattern.Match(range.Value);
        if (match.Success)
        {
            first = int.Parse(match.Groups["first"].Value, CultureInfo.InvariantCulture);
            last = int.Parse(match.Groups["last"].Value, CultureInfo.InvariantCulture);
            if (first <= last) return true;
        }
        _bag.Report(SpecDiagnostics.Backbone, range.Span, $"'{range.Value}' is not a range of numbers from 0 to 9999; write for example n = \"1..3\".");
        return false;
    }

    private static string Number(string text, int n) => text.Replace(NumberMark, Show(n));

    private static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The rows that a row reads: those that <c>from</c> names, or the one above. Null if a name is wrong.</summary>
    private List<int>? FindInputs(TableReader row, Scope scope, int? above)
    {
        List<Located<string>>? names;
        switch (row.Peek("from"))
        {
            case null:
                return above is { } index ? [index] : [];
            case TomlList list:
                names = row.Strings("from");
                if (names?.Count != list.Items.Count) return null;
                break;
            default:
                if (row.String("from") is not { } one) return null;
                names = [one];
                break;
        }
        List<int> inputs = [];
        foreach (Located<string> name in names!)
        {
            if (Find(name, scope) is { } input) inputs.Add(input);
        }
        return inputs.Count == names.Count ? inputs : null;
    }

    /// <summary>The row that a name means: a row of the block, or else one of the table or block around it.</summary>
    private int? Find(Located<string> name, Scope scope)
    {
        if (name.Value == BlockInput && scope.Input is { } input) return input;
        for (Scope? at = scope; at is not null; at = at.Outer)
        {
            if (at.Names.TryGetValue(name.Value, out int index)) return index;
            int place = at.RowNames.IndexOf(name.Value);
            if (place < 0) continue;
            // A row above that was left out has been reported already.
            if (place == at.Place) _bag.Report(SpecDiagnostics.Backbone, name.Span, $"'{name.Value}' would read itself.");
            else if (place > at.Place) _bag.Report(SpecDiagnostics.Backbone, name.Span, $"'{name.Value}' is below; a row can only read rows above it.");
            return null;
        }
        List<string> known = scope.Outer is null ? [] : [BlockInput];
        for (Scope? at = scope; at is not null; at = at.Outer) known.AddRange(at.Names.Keys);
        _bag.Report(SpecDiagnostics.Backbone, name.Span, $"No row above is called '{name.Value}'.{NearestName.Suggest(name.Value, known)}");
        return null;
    }

    private static string NameOf(TableReader row) => (row.Peek("name") as TomlScalar)?.Value as string ?? "";

    /// <summary>One of the layers or blocks that a row becomes.</summary>
    /// <param name="Name">Its name, with its number.</param>
    /// <param name="Key">Its key, with its number.</param>
    /// <param name="Inputs">The indices of the rows that it reads.</param>
    private readonly record struct Instance(Located<string> Name, Located<string> Key, List<int> Inputs);

    /// <summary>The names that rows can read: those of a block's own rows, and those of the table or block around it.</summary>
    /// <param name="NamePrefix">The prefix of the names of rows.</param>
    /// <param name="KeyPrefix">The prefix of their keys.</param>
    /// <param name="Block">The outermost block, or null.</param>
    /// <param name="Outer">The scope around the block; null for the file.</param>
    /// <param name="Input">The row that the block reads; null for the file.</param>
    /// <param name="RowNames">The names of all its rows, as written.</param>
    private sealed record Scope(string NamePrefix, string KeyPrefix, string? Block, Scope? Outer, int? Input, List<string> RowNames)
    {
        /// <summary>The rows that have been expanded, by their names.</summary>
        public Dictionary<string, int> Names { get; } = new(StringComparer.Ordinal);

        /// <summary>The index of the row that is being expanded.</summary>
        public int Place { get; set; }
    }
}
