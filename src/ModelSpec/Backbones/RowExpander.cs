using System.Globalization;
using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Backbones;

/// <summary>
/// Writes out the rows of a backbone: a row that uses a block becomes the rows of the block, with its name and key before theirs and its
/// values in the place of the block's parameters. Names in <c>from</c> become indices.
/// </summary>
internal sealed class RowExpander
{
    /// <summary>More rows than any network has: a file that asks for more does not mean it.</summary>
    private const int MostRows = 10_000;

    private const int DeepestNesting = 16;

    /// <summary>What a block calls the row that it reads.</summary>
    private const string BlockInput = "$input";

    private static readonly Regex Repetition = new(@"\A(?<first>[0-9]{1,4})\.\.(?<last>[0-9]{1,4})\z", RegexOptions.CultureInvariant);

    private readonly IReadOnlyDictionary<string, RowBlock> _blocks;
    private readonly DiagnosticBag _bag;
    private readonly List<BackboneRow> _rows = [];

    private RowExpander(IReadOnlyDictionary<string, RowBlock> blocks, DiagnosticBag bag)
    {
        _blocks = blocks;
        _bag = bag;
    }

    /// <summary>Writes out rows.</summary>
    /// <param name="rows">The rows as the file has them.</param>
    /// <param name="blocks">The blocks by their names.</param>
    /// <param name="bag">Where errors go.</param>
    public static List<BackboneRow> Expand(IReadOnlyList<TableReader> rows, IReadOnlyDictionary<string, RowBlock> blocks, DiagnosticBag bag)
    {
        var expander = new RowExpander(blocks, bag);
        expander.Expand(rows, new Scope("", "", null, null, null, 0, [.. rows.Select(NameOf)]));
        foreach (RowBlock block in blocks.Values.Where(static block => !block.IsUsed))
        {
            bag.Report(SpecDiagnostics.Backbone, block.Span, $"No row uses the block '{block.Name}'; take it out.");
        }
        return expander._rows;
    }

    private void Expand(IReadOnlyList<TableReader> rows, Scope scope)
    {
        int? above = scope.Input;
        for (int i = 0; i < rows.Count && _rows.Count < MostRows; i++)
        {
            if (rows[i].Has("block")) ExpandBlock(rows[i], scope, above, i);
            else Add(rows[i], scope, above, i);
            rows[i].Finish();
            if (_rows.Count > scope.FirstRow) above = _rows.Count - 1;
        }
    }

    private void Add(TableReader row, Scope scope, int? above, int place)
    {
        Located<string>? name = row.String("name");
        if (name is null) row.Missing("name", "the layer's name");
        if (!row.Has("type")) row.Missing("type", string.Join(", ", LayerCatalogue.OfBackbones.Keys));
        if (!row.Word("type", "layer type", LayerCatalogue.OfBackbones, out LayerType? type) || name is null) return;

        Located<string> key = row.String("key") ?? name.Value;
        LayerDefinition definition = type.Read(new LayerKeys(row));
        SourceSpan span = row.Has("from") ? row.Peek("from")!.Span : name.Value.Span;
        List<int> inputs = FindInputs(row, scope, above, place, definition.MostInputs == 0);
        if (inputs.Count < definition.FewestInputs && definition.FewestInputs > 1 && !_bag.HasErrors)
        {
            _bag.Report(SpecDiagnostics.Backbone, span, string.Format(CultureInfo.InvariantCulture,
                "'{0}' needs at least {1} layers to read; name them: from = [\"…\", \"…\"].", name.Value.Value, definition.FewestInputs));
        }
        if (inputs.Count > definition.MostInputs)
        {
            _bag.Report(SpecDiagnostics.Backbone, span, string.Format(CultureInfo.InvariantCulture,
                "'{0}' reads {1} layers, but its type takes {2}.", name.Value.Value, inputs.Count, definition.MostInputs == 0 ? "none" : "only " + definition.MostInputs));
        }
        scope.Names[name.Value.Value] = _rows.Count;
        _rows.Add(new BackboneRow(
            scope.NamePrefix + name.Value.Value, scope.KeyPrefix + key.Value, definition, inputs.ToEquatableArray(), scope.Block,
            name.Value.Span, key.Span));
    }

    private void ExpandBlock(TableReader row, Scope scope, int? above, int place)
    {
        Located<string>? name = row.String("name");
        if (name is null) row.Missing("name", "what the names of the block's layers begin with");
        Located<string>? key = row.String("key");
        (int first, int last)? numbers = ReadNumbers(row);
        if (!row.Word("block", "block", _blocks, out RowBlock? block) || name is null) return;
        block.IsUsed = true;
        if (scope.Depth == DeepestNesting)
        {
            _bag.Report(SpecDiagnostics.Backbone, row.Peek("block")!.Span, string.Format(CultureInfo.InvariantCulture,
                "Blocks are nested more than {0} deep here; does '{1}' use itself?", DeepestNesting, block.Name));
            return;
        }

        IReadOnlyDictionary<string, TomlValue> values = block.Bind(row);
        List<int> inputs = FindInputs(row, scope, above, place, readsNothing: false);
        if (inputs.Count > 1)
        {
            _bag.Report(SpecDiagnostics.Backbone, row.Peek("from")!.Span, $"A block reads one layer, but '{name.Value.Value}' reads {inputs.Count}.");
        }
        int? input = inputs.Count == 0 ? null : inputs[0];
        for (int n = numbers?.first ?? 0; n <= (numbers?.last ?? 0) && _rows.Count < MostRows; n++)
        {
            string instance = Number(name.Value.Value, n, numbers is not null);
            string instanceKey = Number(key?.Value ?? name.Value.Value, n, numbers is not null);
            List<TableReader> rows = [.. block.Rows.Select(blockRow => blockRow.Map(value => block.Substitute(value, values, _bag)))];
            Expand(rows, new Scope(
                $"{scope.NamePrefix}{instance}_", $"{scope.KeyPrefix}{instanceKey}.", scope.Block ?? instance, scope, input, _rows.Count,
                [.. rows.Select(NameOf)]));
            if (_rows.Count == 0) return;
            input = _rows.Count - 1;
            scope.Names[instance] = input.Value;
        }
    }

    private (int First, int Last)? ReadNumbers(TableReader row)
    {
        if (row.String("n") is not { } text) return null;
        Match match = Repetition.Match(text.Value);
        if (match.Success)
        {
            (int first, int last) = (int.Parse(match.Groups["first"].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups["last"].Value, CultureInfo.InvariantCulture));
            if (first <= last) return (first, last);
        }
        _bag.Report(SpecDiagnostics.Backbone, text.Span, $"'{text.Value}' is not a range of numbers; write for example n = \"1..3\".");
        return null;
    }

    private static string Number(string text, int n, bool isRepeated) => isRepeated ? text.Replace("{n}", n.ToString(CultureInfo.InvariantCulture)) : text;

    /// <summary>The rows that a row reads: those that <c>from</c> names, or the one above.</summary>
    private List<int> FindInputs(TableReader row, Scope scope, int? above, int place, bool readsNothing)
    {
        if (!row.Has("from")) return above is { } index && !readsNothing ? [index] : [];
        List<Located<string>> names = row.Peek("from") is TomlList ? row.Strings("from") ?? [] : row.String("from") is { } one ? [one] : [];
        List<int> inputs = [];
        foreach (Located<string> name in names)
        {
            if (Find(name, scope, place) is { } input) inputs.Add(input);
        }
        return inputs;
    }

    private int? Find(Located<string> name, Scope scope, int place)
    {
        if (name.Value == BlockInput && scope.Outer is not null) return scope.Input;
        for (Scope? at = scope; at is not null; at = at.Outer)
        {
            if (at.Names.TryGetValue(name.Value, out int index)) return index;
        }
        if (scope.RowNames.Skip(place).Contains(name.Value))
        {
            _bag.Report(SpecDiagnostics.Backbone, name.Span, $"'{name.Value}' comes later; a row reads rows above it only, so that no row waits for itself.");
            return null;
        }
        List<string> known = [];
        for (Scope? at = scope; at is not null; at = at.Outer) known.AddRange(at.Names.Keys);
        _bag.Report(SpecDiagnostics.Backbone, name.Span, $"No row above is called '{name.Value}'.{NearestName.Suggest(name.Value, known)}");
        return null;
    }

    private static string? NameOf(TableReader row) => (row.Peek("name") as TomlScalar)?.Value as string;

    /// <summary>The names that rows can read: those of a block's own rows, and those around it.</summary>
    /// <param name="NamePrefix">What comes before the names of rows.</param>
    /// <param name="KeyPrefix">What comes before their keys.</param>
    /// <param name="Block">The outermost block, or null.</param>
    /// <param name="Outer">What is around the block; null for the file.</param>
    /// <param name="Input">The row that the block reads.</param>
    /// <param name="FirstRow">The index of its first row.</param>
    /// <param name="RowNames">The names of all its rows as they are written.</param>
    private sealed record Scope(
        string NamePrefix, string KeyPrefix, string? Block, Scope? Outer, int? Input, int FirstRow, IReadOnlyList<string?> RowNames)
    {
        public Dictionary<string, int> Names { get; } = new(StringComparer.Ordinal);

        public int Depth { get; } = Outer is null ? 0 : Outer.Depth + 1;
    }
}
