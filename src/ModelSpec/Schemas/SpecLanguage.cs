using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Schemas;

/// <summary>
/// The keys of specs, as the reader asks for them. The reader reads made-up tables, at first empty ones, then tables with the keys that it asked for, and a log
/// notes the types, ranges and words. To find keys that depend on the value of another key, every word and both truth values of each key are tried. A new
/// key of the reader is therefore a key of this description without any other change.
/// </summary>
public static class SpecLanguage
{
    /// <summary>The whole file, with all tables in it. Keys of parts of the pipeline are not in it; <see cref="PluginWords"/> has them.</summary>
    public static LanguageTable Describe()
    {
        var probe = new LanguageProbe();
        probe.Explore();
        return probe.Table("");
    }
}

/// <summary>What one run of the reader is given in place of the usual sample.</summary>
/// <param name="Table">The table.</param>
/// <param name="Values">Other values for keys; null for a key that is left out.</param>
/// <param name="IsAll">Whether the table has no other keys than these.</param>
internal sealed record ProbeChange(string Table, IReadOnlyDictionary<string, TomlValue?> Values, bool IsAll = false);

/// <summary>Finds the keys of specs by letting the reader read made-up tables.</summary>
internal sealed class LanguageProbe
{
    /// <summary>A value of no type, so that a reader that looks whether a key is there goes on to ask for its type.</summary>
    private static readonly TomlScalar Untyped = new(SourceSpan.FileStart, new object());

    private readonly Dictionary<string, List<string>> _keys = new(StringComparer.Ordinal) { [""] = [] };
    private readonly Dictionary<(string Table, string Key), List<KeyRequest>> _forms = [];
    private readonly Dictionary<(string Table, string Key), List<(object? Value, KeyLog Full, KeyLog Alone)>> _trials = [];
    private readonly Dictionary<string, KeyLog> _empty = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Key, string Kind)> _parts = new(StringComparer.Ordinal);

    /// <summary>The keys that the reader looks at, but whose type it never asks for.</summary>
    public IEnumerable<string> UntypedKeys =>
        _keys.SelectMany(static table => table.Value.Select(key => (Table: table.Key, Key: key))).Where(key => !_forms.ContainsKey(key)).Select(static key => PathOf(key.Table, key.Key));

    /// <summary>Reads until no new key and no new type of value is found.</summary>
    public void Explore()
    {
        int known;
        do
        {
            known = _forms.Sum(static key => 1 + key.Value.Count);
            Run(null);
            foreach (string table in _keys.Keys.ToList()) ExploreTable(table);
        }
        while (_forms.Sum(static key => 1 + key.Value.Count) > known);
    }

    /// <summary>What was found about a table.</summary>
    public LanguageTable Table(string path)
    {
        bool hasPart = _parts.TryGetValue(path, out (string Key, string Kind) part);
        return new LanguageTable(
            path, _keys[path].Where(key => _forms.ContainsKey((path, key))).Select(key => Key(path, key)).ToEquatableArray(), hasPart ? part.Key : null,
            hasPart ? Vocabulary.PartKinds[part.Kind] : null);
    }

    private void ExploreTable(string table)
    {
        _empty[table] = Read(Build("", new ProbeChange(table, new Dictionary<string, TomlValue?>(), IsAll: true)));
        // Some keys can have values of several types.
        Run(new ProbeChange(table, _keys[table].ToDictionary(static key => key, static _ => (TomlValue?)new TomlScalar(SourceSpan.FileStart, "x"), StringComparer.Ordinal)));
        foreach (string key in _keys[table].ToList())
        {
            List<(object? Value, KeyLog Full, KeyLog Alone)> trials = [];
            foreach (object? value in Choices(table, key))
            {
                TomlValue? toml = value is null ? null : new TomlScalar(SourceSpan.FileStart, value);
                var only = new Dictionary<string, TomlValue?>(StringComparer.Ordinal) { [key] = toml };
                trials.Add((value, Run(new ProbeChange(table, only)), Read(Build("", new ProbeChange(table, only, IsAll: true)))));
            }
            if (trials.Count > 0) _trials[(table, key)] = trials;
        }
    }

    /// <summary>The values of a key that can decide on other keys; null for the table without it.</summary>
    private IEnumerable<object?> Choices(string table, string key)
    {
        if (!_forms.TryGetValue((table, key), out List<KeyRequest>? forms)) return [];
        KeyRequest form = forms[0];
        object[] values = form.Kind == KeyKind.Flag ? [true, false] : [.. form.Words ?? []];
        return values.Length == 0 ? [] : [.. values, null];
    }

    /// <summary>Reads the sample with a change, and again with the keys that were asked for, until there are no new ones.</summary>
    private KeyLog Run(ProbeChange? change)
    {
        KeyLog log;
        do
        {
            log = Read(Build("", change));
        }
        while (Learn(log));
        return log;
    }

    private static KeyLog Read(TomlTable root)
    {
        var log = new KeyLog();
        var bag = new DiagnosticBag("");
        SpecReader.Read(new TableReader(root, "the spec", SourceSpan.FileStart, bag, "", log), "", PluginWords.BuiltIn);
        return log;
    }

    private bool Learn(KeyLog log)
    {
        bool isNew = false;
        foreach ((string table, string key) in log.Seen.Concat(log.Requests.Select(static request => (request.Table, request.Key))))
        {
            if (!_keys.TryGetValue(table, out List<string>? keys)) _keys[table] = keys = [];
            if (keys.Contains(key)) continue;
            keys.Add(key);
            isNew = true;
        }
        foreach ((string table, string key, KeyRequest request) in log.Requests)
        {
            if (!_forms.TryGetValue((table, key), out List<KeyRequest>? forms)) _forms[(table, key)] = forms = [];
            int same = forms.FindIndex(form => form.Kind == request.Kind);
            if (same >= 0)
            {
                // The range of some numbers depends on other numbers; the widest one holds always.
                if (request.Range is { } range) forms[same] = forms[same] with { Range = Widest(forms[same].Range!.Value, range) };
                continue;
            }
            forms.Add(request);
            isNew = true;
            if (request.Kind is KeyKind.Table or KeyKind.Tables && !_keys.ContainsKey(PathOf(table, key))) _keys[PathOf(table, key)] = [];
        }
        foreach (var part in log.Parts) _parts[part.Key] = part.Value;
        return isNew;
    }

    private TomlTable Build(string path, ProbeChange? change)
    {
        var table = new TomlTable(SourceSpan.FileStart);
        bool isChanged = change?.Table == path;
        foreach (string key in isChanged && change!.IsAll ? change.Values.Keys : _keys[path])
        {
            if (!isChanged || !change!.Values.TryGetValue(key, out TomlValue? value)) value = Sample(path, key, change);
            if (value is not null) table.Entries[key] = (SourceSpan.FileStart, value);
        }
        return table;
    }

    private TomlValue Sample(string path, string key, ProbeChange? change)
    {
        if (!_forms.TryGetValue((path, key), out List<KeyRequest>? forms)) return Untyped;
        KeyRequest form = forms[0];
        return form.Kind switch
        {
            KeyKind.Text => Scalar(form.Words?[0] ?? "x"),
            KeyKind.Flag => Scalar(false),
            KeyKind.Number => Scalar(Inside(form.Range!.Value)),
            KeyKind.Whole => Scalar((long)Math.Ceiling(Inside(form.Range!.Value))),
            KeyKind.Texts => List(Scalar("x"), Scalar("y")),
            KeyKind.Numbers => List(Scalar(Inside(form.Range!.Value)), Scalar(Inside(form.Range!.Value))),
            KeyKind.Wholes => List(Scalar((long)Math.Ceiling(Inside(form.Range!.Value))), Scalar((long)Math.Ceiling(Inside(form.Range!.Value)))),
            KeyKind.Table => Build(PathOf(path, key), change),
            _ => List(Build(PathOf(path, key), change)),
        };
    }

    private LanguageKey Key(string table, string key)
    {
        string path = PathOf(table, key);
        KeyNote? note = KeyNotes.Find(path);
        return new LanguageKey(
            key, path, _forms[(table, key)].Select(Form).ToEquatableArray(), note is { IsRequired: true } || _empty[table].Missing.Contains((table, key)),
            _keys[table].Select(other => Condition(table, key, other)).OfType<KeyCondition>().ToEquatableArray(), _keys.ContainsKey(path) ? Table(path) : null, note);
    }

    /// <summary>How a key depends on another one; null if it does not.</summary>
    private KeyCondition? Condition(string table, string key, string other)
    {
        if (key == other || !_trials.TryGetValue((table, other), out var trials)) return null;
        bool isOtherRequired = _empty[table].Missing.Contains((table, other));
        object?[] allowed = [.. trials.Where(trial => trial.Full.Requests.Any(request => request.Table == table && request.Key == key)).Select(static trial => trial.Value)];
        object[] requiring = _empty[table].Missing.Contains((table, key))
            ? []
            : [.. trials.Where(trial => trial.Alone.Missing.Contains((table, key))).Select(static trial => trial.Value).OfType<object>()];
        bool isAllowedWithout = isOtherRequired || allowed.Contains(null);
        object[] values = [.. allowed.OfType<object>()];
        bool isAlways = isAllowedWithout && values.Length == trials.Count - 1;
        return allowed.Length == 0 || (isAlways && requiring.Length == 0)
            ? null
            : new KeyCondition(other, values.ToEquatableArray(), isAllowedWithout, requiring.ToEquatableArray());
    }

    private static KeyForm Form(KeyRequest request)
    {
        NumberRange range = request.Range ?? NumberRange.Within(double.NegativeInfinity, double.PositiveInfinity);
        return new KeyForm(request.Kind, range.Low, range.LowIncluded, range.High, range.HighIncluded, (request.Words ?? []).ToEquatableArray());
    }

    private static NumberRange Widest(NumberRange a, NumberRange b) => a with
    {
        Low = Math.Min(a.Low, b.Low),
        LowIncluded = a.Low == b.Low ? a.LowIncluded || b.LowIncluded : a.Low < b.Low ? a.LowIncluded : b.LowIncluded,
        High = Math.Max(a.High, b.High),
        HighIncluded = a.High == b.High ? a.HighIncluded || b.HighIncluded : a.High > b.High ? a.HighIncluded : b.HighIncluded,
    };

    private static double Inside(NumberRange range) => (double.IsInfinity(range.Low), double.IsInfinity(range.High)) switch
    {
        (false, false) => (range.Low + range.High) / 2,
        (false, true) => range.Low + 1,
        (true, false) => range.High - 1,
        _ => 0,
    };

    private static TomlScalar Scalar(object value) => new(SourceSpan.FileStart, value);

    private static TomlList List(params TomlValue[] items)
    {
        var list = new TomlList(SourceSpan.FileStart);
        list.Items.AddRange(items);
        return list;
    }

    private static string PathOf(string table, string key) => table.Length == 0 ? key : $"{table}.{key}";
}
