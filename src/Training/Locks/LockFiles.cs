using FineTune.Training.Calibration;
using FineTune.Training.Cuda;
using FineTune.Training.Diagnostics;
using FineTune.Training.Evaluators;
using FineTune.Training.Plugins;
using FineTune.Training.Stages;
using FineTune.Training.Statistics;
using ModelSpec;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;

namespace FineTune.Training.Locks;

/// <summary>Reads locks from disk, and creates the locks of trainings.</summary>
internal static class LockFiles
{
    /// <summary>A value of the table <c>[environment]</c>, such as the <c>device</c> of a training.</summary>
    public static string? Environment(TrainingLock? known, string key) => known?.Find("environment", 0, key)?.Trim('"');

    /// <summary>How CUDA computed in the training of a lock.</summary>
    public static CudaSettings CudaOf(TrainingLock known) => new(Environment(known, "deterministic") != "false", Environment(known, "tf32") == "true");

    /// <summary>Reads a lock; a damaged lock is reported and ignored.</summary>
    public static TrainingLock? Read(string path, IProgressLog log)
    {
        if (!File.Exists(path)) return null;
        Result<TrainingLock> read = TrainingLock.Read(File.ReadAllText(path), path);
        if (read.Value is null)
        {
            Diagnostic first = read.Diagnostics[0];
            log.Report(Diagnostic.Create(TrainingDiagnostics.DamagedLock, path, first.Span, Path.GetFileName(path), first.Message));
        }
        return read.Value;
    }

    /// <summary>A lock with the current names and plugins of a spec; the same lock if it has them already.</summary>
    public static TrainingLock WithNamesOf(TrainingLock known, SpecSource spec)
    {
        EquatableArray<Fact> names = PlanFacts.Names(spec.Plan);
        Fact[] plugins = [.. PluginFacts(spec, known)];
        return names.All(known.Facts.Contains) && plugins.All(known.Facts.Contains) && known.Facts.Count(IsOfPlugin) == plugins.Length
            ? known
            : new TrainingLock([.. known.Facts.Where(fact => !IsOfPlugin(fact) && !names.Any(name => name.Name == fact.Name)), .. names, .. plugins]);
    }

    /// <summary>A lock with what exporters measured; the same lock where it has that already.</summary>
    /// <param name="known">The lock.</param>
    /// <param name="measured">The tables <see cref="TrainingLock.Exports"/>.</param>
    public static TrainingLock WithExports(TrainingLock known, IReadOnlyList<Fact> measured)
    {
        Fact[] before = [.. known.Facts.Where(static fact => fact.Table == TrainingLock.Exports)];
        return before.Length == measured.Count && measured.All(before.Contains)
            ? known
            : new TrainingLock([.. known.Facts.Where(static fact => fact.Table != TrainingLock.Exports), .. measured]);
    }

    /// <summary>A lock with what the network learnt about its answers.</summary>
    /// <param name="known">The lock.</param>
    /// <param name="spec">The spec that asks for it.</param>
    /// <param name="certain">What it learnt.</param>
    public static TrainingLock WithCertainty(TrainingLock known, SpecSource spec, CertainWeights certain) => new(
    [
        .. known.Facts.Where(static fact => !PlanFacts.IsAnswering(fact) && fact.Table != TrainingLock.Certainty && (fact.Table, fact.Key) != ("", "weights")),
        new("", 0, "weights", TomlLiteral.Of(certain.Weights)),
        .. PlanFacts.Answering(spec.Plan),
        .. certain.Facts,
    ]);

    /// <summary>A lock with the result of a cross-validation; the same lock if it has that already.</summary>
    /// <param name="known">The lock.</param>
    /// <param name="figures">The table <see cref="TrainingLock.CrossValidation"/>; empty for none.</param>
    public static TrainingLock WithCrossValidation(TrainingLock known, IReadOnlyList<Fact> figures)
    {
        Fact[] before = [.. known.Facts.Where(static fact => fact.Table == TrainingLock.CrossValidation)];
        return before.Length == figures.Count && figures.All(before.Contains)
            ? known
            : new TrainingLock([.. known.Facts.Where(static fact => fact.Table != TrainingLock.CrossValidation), .. figures]);
    }

    /// <summary>Describes the plugins that are not the files that a lock records.</summary>
    public static IEnumerable<string> ComparePlugins(TrainingLock known, SpecSource spec)
    {
        foreach (UsedPlugin used in UsedPlugin.Find(spec))
        {
            string? locked = DigestOf(known, used.Plugin.Name);
            if (locked is null) yield return $"the plugin {used.Plugin.Name} is not in the lock";
            else if (locked != TomlLiteral.Of(used.Plugin.Digest!)) yield return $"the plugin {used.Plugin.Name} is {used.Plugin.Digest}, the lock has {locked.Trim('"')}";
        }
    }

    /// <summary>
    /// The tables of the plugins that a spec uses. For a plugin whose parts can change weights, the digest is that of the file at the time of the
    /// training, even if the file is another one now: the revisions of its parts, which are inputs, have not changed.
    /// </summary>
    private static IEnumerable<Fact> PluginFacts(SpecSource spec, TrainingLock? known)
    {
        IReadOnlyList<UsedPlugin> used = UsedPlugin.Find(spec);
        for (int i = 0; i < used.Count; i++)
        {
            string? locked = used[i].Trains && known is not null ? DigestOf(known, used[i].Plugin.Name) : null;
            yield return new(TrainingLock.Plugins, i + 1, "digest", locked ?? TomlLiteral.Of(used[i].Plugin.Digest!));
            yield return new(TrainingLock.Plugins, i + 1, "file", TomlLiteral.Of(used[i].Plugin.Name));
            yield return new(TrainingLock.Plugins, i + 1, "parts", TomlLiteral.Array(used[i].Parts.Select(TomlLiteral.Of)));
        }
    }

    /// <summary>The literal of the digest that a lock records for a plugin, or null.</summary>
    private static string? DigestOf(TrainingLock known, string file)
    {
        for (int i = 1; known.Find(TrainingLock.Plugins, i, "file") is { } name; i++)
        {
            if (name == TomlLiteral.Of(file)) return known.Find(TrainingLock.Plugins, i, "digest");
        }
        return null;
    }

    private static bool IsOfPlugin(Fact fact) => fact.Table == TrainingLock.Plugins;

    /// <summary>The lock of a finished training.</summary>
    public static TrainingLock Of(SpecSource spec, TrainingInputs inputs, IReadOnlyList<StageResult> results)
    {
        List<Fact> facts =
        [
            .. inputs.Facts,
            .. PlanFacts.Names(spec.Plan),
            .. PluginFacts(spec, null),
            new("", 0, "fingerprint", TomlLiteral.Of(inputs.Fingerprint)),
            new("", 0, "version", TomlLiteral.Of(TrainingLock.Version)),
            new("", 0, "weights", TomlLiteral.Of(results[^1].Weights)),
            new("data", 0, "source", TomlLiteral.Of(spec.Plan.Source)),
            new("split", 0, "digest", TomlLiteral.Of(DatasetManifest.DigestOfParts(inputs.Split!))),
            new("split", 0, "test", TomlLiteral.Of(inputs.Split!.Test.Count)),
            new("split", 0, "test_digest", TomlLiteral.Of(inputs.TestDigest!)),
            new("split", 0, "train", TomlLiteral.Of(inputs.Split.Train.Count)),
            new("split", 0, "validation", TomlLiteral.Of(inputs.Split.Validation.Count)),
        ];
        for (int i = 0; i < results.Count; i++)
        {
            facts.Add(new("stage", i + 1, "fingerprint", TomlLiteral.Of(inputs.Fingerprints[i])));
            facts.Add(new("stage", i + 1, "name", TomlLiteral.Of(spec.Plan.Stages[i].Name)));
            facts.Add(new("stage", i + 1, "test_accuracy", TomlLiteral.Of(Math.Round(results[i].Evaluation.Accuracy, 6))));
            ConfusionMatrix answers = results[i].Evaluation.Confusion;
            var interval = WilsonInterval.Of(answers.Correct, answers.Count);
            facts.Add(new("stage", i + 1, "test_images", TomlLiteral.Of(answers.Count)));
            facts.Add(new("stage", i + 1, "test_interval", TomlLiteral.Array([TomlLiteral.Of(Math.Round(interval.Low, 6)), TomlLiteral.Of(Math.Round(interval.High, 6))])));
            facts.Add(new("stage", i + 1, "test_loss", TomlLiteral.Of(Math.Round(results[i].Evaluation.Loss, 6))));
        }
        return new TrainingLock(facts.ToEquatableArray());
    }
}
