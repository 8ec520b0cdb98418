using System.Globalization;
using System.Text;
using ModelSpec.Diagnostics;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Locks;

/// <summary>
/// A <c>NAME.modelspec.lock</c>: records the inputs and the results of a training. It is TOML with sorted keys, contains no
/// timestamps and no absolute paths, and is meant to be committed and reviewed.
/// </summary>
/// <param name="Facts">Every line.</param>
public sealed record TrainingLock(EquatableArray<Fact> Facts)
{
    /// <summary>What is appended to a spec's name for its lock.</summary>
    public const string Extension = ".lock";

    /// <summary>The version of the format.</summary>
    public const int Version = 1;

    /// <summary>The tables of plugins: the files that were used. They help to explain a difference, but are not a difference themselves.</summary>
    public const string Plugins = "plugins";

    /// <summary>The tables of what exporters measured of the files that they wrote: results, too.</summary>
    public const string Exports = "export";

    /// <summary>The table of what was learnt from validation images about the network's answers, and of how that does on others: results.</summary>
    public const string Certainty = "certainty";

    /// <summary>The table of the cross-validation's results.</summary>
    public const string CrossValidation = "cross_validation";

    private const string Stage = "stage";

    /// <summary>The results of a training, as opposed to its inputs.</summary>
    private static readonly HashSet<(string Table, string Key)> Outcomes =
    [
        ("", "fingerprint"), ("", "version"), ("", "weights"), ("backbone", "architecture"), ("backbone", "weights"), ("data", "source"), ("split", "digest"), ("split", "test"), ("split", "test_digest"), ("split", "train"), ("split", "validation"),
        (Stage, "fingerprint"), (Stage, "name"), (Stage, "test_accuracy"), (Stage, "test_images"), (Stage, "test_interval"), (Stage, "test_loss"),
    ];

    /// <summary>The digest of everything that the weights were trained from; that of the last stage.</summary>
    public string? Fingerprint => DigestAt("", 0, "fingerprint");

    /// <summary>The digest of the weight file.</summary>
    public string? Weights => DigestAt("", 0, "weights");

    /// <summary>
    /// The digest of the weight file as the last stage wrote it: that of <see cref="Weights"/>, unless the file has got entries about certainty.
    /// </summary>
    public string? TrainedWeights => DigestAt(Certainty, 0, "trained") ?? Weights;

    /// <summary>What the weights were trained from.</summary>
    public IEnumerable<Fact> Inputs => Facts.Where(IsInput);

    /// <summary>The fingerprints of the stages in order: each covers everything up to its end.</summary>
    public IEnumerable<string> StageFingerprints
    {
        get
        {
            for (int i = 1; DigestAt(Stage, i, "fingerprint") is { } fingerprint; i++) yield return fingerprint;
        }
    }

    /// <summary>The share of right answers to the test images after the last stage, in [0, 1]; null if the lock does not have it.</summary>
    public double? TestAccuracy =>
        double.TryParse(Find(Stage, StageFingerprints.Count(), "test_accuracy"), NumberStyles.Float, CultureInfo.InvariantCulture, out double accuracy)
            ? accuracy
            : null;

    /// <summary>The literal at a key, or null.</summary>
    public string? Find(string table, int index, string key) =>
        Facts.FirstOrDefault(f => f.Table == table && f.Index == index && f.Key == key)?.Value;

    /// <summary>Reads a lock.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The file, as diagnostics name it.</param>
    /// <returns>The lock, or the reason why the file is not a valid lock, for example the marks of a merge conflict.</returns>
    public static Result<TrainingLock> Read(string text, string path)
    {
        var bag = new DiagnosticBag(path);
        if (TomlTree.Parse(text, bag) is not { } root) return new Result<TrainingLock>(null, bag.ToArray());
        List<Fact> facts = [];
        Gather(root, "", 0, facts);
        var read = new TrainingLock(facts.ToEquatableArray());
        if (read.Find("", 0, "version") is { } version && version != TomlLiteral.Of(Version))
        {
            bag.Report(SpecDiagnostics.OutOfRange, SourceSpan.FileStart, "version", TomlLiteral.Of(Version), version);
        }
        if (read.Fingerprint is null) bag.Report(SpecDiagnostics.MissingKey, SourceSpan.FileStart, "A lock", "fingerprint", "a digest");
        if (read.Weights is null) bag.Report(SpecDiagnostics.MissingKey, SourceSpan.FileStart, "A lock", "weights", "a digest");
        return new Result<TrainingLock>(bag.HasErrors ? null : read, bag.ToArray());
    }

    /// <summary>The text of the file. Equal locks give equal text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("# Written by FineTune.Build: what the weights were trained from, and how well they do. Commit it.\n");
        foreach (IGrouping<(string Table, int Index), Fact> table in Facts
            .GroupBy(static f => (f.Table, f.Index))
            .OrderBy(static g => g.Key.Table, StringComparer.Ordinal)
            .ThenBy(static g => g.Key.Index))
        {
            if (table.Key.Table.Length > 0) text.Append('\n').Append(Header(table.Key)).Append('\n');
            foreach (Fact fact in table.OrderBy(static f => f.Key, StringComparer.Ordinal))
            {
                text.Append(fact.Key).Append(" = ").Append(fact.Value).Append('\n');
            }
        }
        return text.ToString();

        static string Header((string Table, int Index) key) => key.Index > 0 ? $"[[{key.Table}]]" : $"[{key.Table}]";
    }

    /// <summary>
    /// Describes the differences between the facts that weights were trained from and the current ones, for example
    /// <c>[[stage]] 2 learning_rate changed 0.001 → 0.0005</c>.
    /// </summary>
    /// <param name="before">The facts of the lock.</param>
    /// <param name="now">The current facts.</param>
    /// <returns>Each fact that only one side has, or that has different values.</returns>
    public static IEnumerable<FactChange> Compare(IEnumerable<Fact> before, IEnumerable<Fact> now)
    {
        // A lock that was edited by hand can contain a name twice, for example in ["data.split"] and [data.split].
        var old = new Dictionary<string, Fact>(StringComparer.Ordinal);
        foreach (Fact fact in before) old[fact.Name] = fact;
        foreach (Fact fact in now)
        {
            if (!old.TryGetValue(fact.Name, out Fact? other)) yield return new FactChange(fact, $"{fact.Name} is new: {Show(fact.Value)}");
            else if (other.Value != fact.Value) yield return new FactChange(fact, $"{fact.Name} changed {Show(other.Value)} → {Show(fact.Value)}");
            old.Remove(fact.Name);
        }
        foreach (Fact gone in old.Values) yield return new FactChange(gone, $"{gone.Name} is gone, was {Show(gone.Value)}");
    }

    private static bool IsInput(Fact fact) =>
        fact.Table is not (Plugins or Exports or Certainty or CrossValidation or PlanFacts.Lists) && !PlanFacts.IsAnswering(fact) && !Outcomes.Contains((fact.Table, fact.Key));

    private string? DigestAt(string table, int index, string key)
    {
        const int length = 64;
        string? literal = Find(table, index, key);
        return literal is not null && literal.Length == Digest.Prefix.Length + length + 2 && literal.StartsWith("\"" + Digest.Prefix, StringComparison.Ordinal)
            ? literal.Substring(1, literal.Length - 2)
            : null;
    }

    /// <summary>Shortens digests to their first digits, and arrays of several lines to the number of lines.</summary>
    private static string Show(string literal)
    {
        if (literal.StartsWith("\"" + Digest.Prefix, StringComparison.Ordinal)) return literal.Substring(1 + Digest.Prefix.Length, 12);
        return literal.IndexOf('\n') < 0 ? literal : string.Format(CultureInfo.InvariantCulture, "[{0} lines]", literal.Count(static c => c == '\n') - 1);
    }

    private static void Gather(TomlTable table, string name, int index, List<Fact> facts)
    {
        foreach (KeyValuePair<string, (SourceSpan KeySpan, TomlValue Value)> entry in table.Entries)
        {
            string path = name.Length == 0 ? entry.Key : $"{name}.{entry.Key}";
            switch (entry.Value.Value)
            {
                case TomlTable child:
                    Gather(child, path, 0, facts);
                    break;
                case TomlList list when list.Items.Count > 0 && list.Items.All(static item => item is TomlTable):
                    for (int i = 0; i < list.Items.Count; i++) Gather((TomlTable)list.Items[i], path, i + 1, facts);
                    break;
                default:
                    facts.Add(new Fact(name, index, entry.Key, TomlLiteral.Of(entry.Value.Value)));
                    break;
            }
        }
    }
}

/// <summary>One difference between a lock and the current inputs.</summary>
/// <param name="Fact">The current fact, or the previous one if it is gone.</param>
/// <param name="Text">The difference in words.</param>
public sealed record FactChange(Fact Fact, string Text);
