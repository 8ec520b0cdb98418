using System.Globalization;
using System.Text;
using FineTune.Files;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Calibration;
using FineTune.Training.Cuda;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Evaluators;
using FineTune.Training.Exporters;
using FineTune.Training.Following;
using FineTune.Training.Locks;
using FineTune.Training.Processes;
using FineTune.Training.Quality;
using FineTune.Training.Ranks;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using ModelSpec;
using ModelSpec.Locks;
using ModelSpec.Plans;
using TorchSharp;

namespace FineTune.Training;

/// <summary>The options of a run, in addition to its spec.</summary>
/// <param name="Output">The weight file to write.</param>
/// <param name="Device"><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="Assets">The folders of datasets and weights, and the cache.</param>
/// <param name="Report">A JSON file for the evaluations of every stage, or null.</param>
/// <param name="IsLocked">Whether it is an error that training is needed.</param>
/// <param name="Precision"><c>auto</c>, <c>fp32</c> or <c>bf16</c>.</param>
/// <param name="Memory">The bytes of decoded images and of frozen layers' output that are kept in memory; null for <see cref="TensorStore.DefaultBudget"/>.</param>
/// <param name="LibTorch">The folder of a libtorch that is used instead of the package's, or null.</param>
/// <param name="Evaluations">The folder for the results of evaluators; null for a folder next to <paramref name="Output"/>.</param>
/// <param name="ExportList">A file for the paths of the spec's exports, or null.</param>
/// <param name="FollowCommand">The command that follows a training, which is announced with it; null to announce nothing.</param>
/// <param name="Cuda">How a CUDA device computes; null for <see cref="CudaSettings.Default"/>.</param>
internal sealed record FineTuningOptions(
    string Output, string Device, AssetFolders Assets, string? Report = null, bool IsLocked = false, string Precision = Precisions.Auto,
    long? Memory = null, string? LibTorch = null, string? Evaluations = null, string? ExportList = null, string? FollowCommand = null, CudaSettings? Cuda = null)
{
    /// <summary>The lock file of the weights, next to the spec.</summary>
    public static string LockFile(SpecSource spec) => spec.Spec.Path + TrainingLock.Extension;
}

/// <summary>What a run would do.</summary>
/// <param name="Reasons">Why it would train; empty if the weights are up to date.</param>
internal sealed record Forecast(IReadOnlyList<string> Reasons);

/// <summary>
/// Brings the weights next to a spec up to date. If nothing has changed since the lock was written, nothing is trained. Missing weights are restored
/// from the cache, and only stages without a cached result are trained.
/// </summary>
/// <param name="spec">The spec.</param>
/// <param name="options">The options of the run.</param>
/// <param name="log">Receives progress.</param>
/// <param name="ranks">The ranks that train together; by default, there is only this one. They are left when the training has ended.</param>
internal sealed class FineTuning(SpecSource spec, FineTuningOptions options, IProgressLog log, ICollectives? ranks = null)
{
    private readonly CacheFolder _cache = new(options.Assets.Cache);
    private readonly string _lockFile = FineTuningOptions.LockFile(spec);

    private readonly Lazy<string> _precision = new(
        () => Precisions.Choose(options.Precision, spec.Plan, () => Devices.Choose(options.Device, spec.Name).Device, spec.Name));

    private readonly ICollectives _ranks = ranks ?? SingleRank.Instance;

    private string Name => spec.Network.ClassName;

    private string Evaluations => options.Evaluations
        ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(options.Output))!, Path.GetFileNameWithoutExtension(options.Output) + ".evaluation");

    /// <summary>Trains the stages that are out of date.</summary>
    /// <exception cref="TrainingException">Something is wrong with data, weights or settings, or training is needed in locked mode.</exception>
    public void Run(CancellationToken cancellation)
    {
        Devices.Settings = options.Cuda ?? CudaSettings.Default;
        if (_ranks.Rank > 0)
        {
            Follow(cancellation);
            return;
        }
        using var turn = Turn.Take(_cache.OutputTurn(options.Output), () => log.Line($"{Name}: another process is training {options.Output}; waiting"), cancellation);
        using HttpClient client = Downloader.CreateClient();
        var downloader = new Downloader(options.Assets, log, client);
        TrainingInputReader reader = Reader(downloader);

        TrainingLock? known = LockFiles.Read(_lockFile, log);
        (string device, string precision, bool keepsPrecision) = Settings(known);
        TrainingInputs inputs = reader.Read(device, precision, known, cancellation);
        if (known is not null && known.Fingerprint == inputs.Fingerprint && WeightsAreHere(known, cancellation))
        {
            Leave(trains: false);
            known = Settle(known, reader, ref inputs, cancellation);
            Finish(known, inputs);
            new QualityCheck(spec, _cache, log).Require(known);
            CrossValidate(inputs, precision, log, cancellation);
            Use(inputs.Fingerprint, known, inputs.Split, log, cancellation);
            return;
        }

        string[] reasons = [.. Reasons(known, inputs)];
        if (options.IsLocked) throw spec.Name.Error(TrainingDiagnostics.Locked, string.Join("; ", reasons));
        foreach (string reason in reasons) log.Line($"{Name}: {reason}");

        if (inputs.Split is null || device != DeviceClass() || keepsPrecision) inputs = reader.Read(DeviceClass(), _precision.Value, null, cancellation);
        TrainAndUse(inputs, known, () => reader.IsUnchanged(inputs, cancellation), cancellation);
    }

    /// <summary>Helps rank 0: it decides whether and in which precision to train, and owns the cache, the lock and the output.</summary>
    private void Follow(CancellationToken cancellation)
    {
        using HttpClient client = Downloader.CreateClient();
        var downloader = new Downloader(options.Assets, log, client);
        TrainingInputReader reader = Reader(downloader);
        if (!_ranks.Broadcast(false))
        {
            _ranks.Dispose();
            return;
        }
        string precision = Encoding.UTF8.GetString(_ranks.BroadcastBytes([]));
        TrainingInputs inputs = reader.Read(DeviceClass(), precision, null, cancellation);
        Run(inputs, precision, () => reader.IsUnchanged(inputs, cancellation), log, cancellation);
    }

    /// <summary>Tells the other ranks that this one does not need them.</summary>
    private void Leave(bool trains)
    {
        if (_ranks.Size == 1) return;
        _ = _ranks.Broadcast(trains);
        if (!trains) _ranks.Dispose();
    }

    private IReadOnlyList<StageResult> Run(TrainingInputs inputs, string precision, Func<bool> isUnchanged, IProgressLog told, CancellationToken cancellation)
    {
        RankFacts.Compare(_ranks, inputs, spec);
        for (int i = 0; i < spec.Plan.Stages.Count; i++)
        {
            Stage stage = spec.Plan.Stages[i];
            if (stage.Shards is { } shards && shards % _ranks.Size != 0) throw spec.Stage(i).Error(TrainingDiagnostics.ShardsOfRanks, stage.Name, shards, _ranks.Size);
        }
        IReadOnlyList<StageResult> results = new Trainer(
            spec, options.Device, precision, options.Memory ?? TensorStore.DefaultBudget(), _cache, told, _ranks).Run(inputs, isUnchanged, cancellation);
        _ranks.Dispose();
        return results;
    }

    /// <summary>Finds out what <see cref="Run(CancellationToken)"/> would do, and does none of it.</summary>
    /// <param name="downloader">What is asked for files that are not here.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="TrainingException">Something is wrong with data, weights or settings, or is not here and would be downloaded.</exception>
    public Forecast Foresee(Downloader downloader, CancellationToken cancellation)
    {
        TrainingInputReader reader = Reader(downloader);
        TrainingLock? known = LockFiles.Read(_lockFile, log);
        (string device, string precision, _) = Settings(known);
        TrainingInputs inputs = reader.Read(device, precision, known, cancellation);
        bool isUpToDate = known is not null && known.Fingerprint == inputs.Fingerprint
            && (OutputDigest(cancellation) == known.Weights || new WeightCache(_cache).Find(known.Weights!) is not null);
        return new Forecast(isUpToDate ? [.. RefitReasons(known!)] : [.. Reasons(known, inputs)]);
    }

    /// <summary>Brings what the network knows about its answers up to date. Nothing is trained.</summary>
    /// <param name="known">The lock, whose weights are next to the spec.</param>
    /// <param name="reader">Reads the images if they are not on this machine.</param>
    /// <param name="inputs">The inputs; with images after a fit.</param>
    /// <param name="cancellation">Cancels it.</param>
    /// <returns>The lock that is next to the spec afterwards.</returns>
    private TrainingLock Settle(TrainingLock known, TrainingInputReader reader, ref TrainingInputs inputs, CancellationToken cancellation)
    {
        var stage = new CertaintyStage(spec, _cache, options.Device, Digests(), log);
        string[] reasons = [.. RefitReasons(known)];
        if (reasons.Length > 0 && options.IsLocked) throw spec.Name.Error(TrainingDiagnostics.Locked, string.Join("; ", reasons));
        if (options.IsLocked || (reasons.Length == 0 && stage.IsOutsideKnown(known, cancellation)))
        {
            stage.Warn(known.Facts);
            return known;
        }
        foreach (string reason in reasons) log.Line($"{Name}: {reason}");
        (string device, string precision, _) = Settings(known);
        if (inputs.Split is null) inputs = reader.Read(device, precision, null, cancellation);
        string trained = new WeightCache(_cache).Find(known.TrainedWeights!) ?? options.Output;
        CertainWeights certain = stage.Run(inputs.Fingerprint, inputs.Split!, trained, known.TrainedWeights!, cancellation);
        if (certain.Weights != known.Weights) Publish(_cache.Weights(certain.Weights), certain.Weights);
        TrainingLock settled = LockFiles.WithCertainty(known, spec, certain);
        AtomicFile.WriteText(_lockFile, settled.ToString());
        return settled;
    }

    private IEnumerable<string> RefitReasons(TrainingLock known) =>
        CertaintyStage.Differences(known, spec).Select(static change => $"fits the certainty of answers anew, as {change}");

    /// <summary>
    /// The device class and the precision that the lock is compared in. Weights that were trained on a GPU are not stale because this machine
    /// has none: <c>auto</c> keeps the lock's device, and its precision.
    /// </summary>
    private (string Device, string Precision, bool KeepsPrecision) Settings(TrainingLock? known)
    {
        string device = options.Device == "auto" && LockFiles.Environment(known, "device") is { } lockedDevice ? lockedDevice : DeviceClass();
        string? lockedPrecision = LockFiles.Environment(known, "precision");
        bool keepsPrecision = options.Precision == Precisions.Auto && lockedPrecision is not null;
        return (device, keepsPrecision ? lockedPrecision! : _precision.Value, keepsPrecision);
    }

    /// <summary>Trains, and runs evaluators and exporters. If there is something to train, it is announced and can be followed.</summary>
    private void TrainAndUse(TrainingInputs inputs, TrainingLock? known, Func<bool> isUnchanged, CancellationToken cancellation)
    {
        Evaluation? last = null;
        IReadOnlyList<ExportUse> uses = [];
        IReadOnlyList<Stage> pending = PendingStages.Of(spec, inputs, _cache);
        if (pending.Count == 0)
        {
            Work(log);
            return;
        }

        var began = new Began(
            Name, Path.GetFullPath(spec.Spec.Path), DateTimeOffset.Now, Devices.Choose(options.Device, spec.Name).Device.ToString().ToLowerInvariant(),
            _precision.Value, inputs.Split!.Train.Count, [.. pending.Select(static stage => new PlannedStage(stage.Name, stage.Epochs))]);
        if (options.FollowCommand is { } announced) log.Line(TrainingOutline.Announce(began, ProgressFile.Last(_cache.Progress, options.Output), announced));
        TimeSpan time = ProgressFileLog.Run(_cache.Progress, options.Output, began, log, Work);
        if (options.FollowCommand is not { } command) return;
        string? report = uses.SelectMany(static use => use.Outputs.Values).FirstOrDefault(static path => path.EndsWith(".html", StringComparison.Ordinal));
        log.Line(TrainingOutline.Conclude(Name, time, last!.Accuracy, report is null ? null : new Uri(report).AbsoluteUri, command));

        void Work(IProgressLog told)
        {
            (TrainingLock written, last) = Train(inputs, known, isUnchanged, told, cancellation);
            CrossValidate(inputs, _precision.Value, told, cancellation);
            uses = Use(inputs.Fingerprint, written, inputs.Split, told, cancellation);
        }
    }

    /// <summary>Runs the evaluators and exporters that have not run with these weights.</summary>
    /// <returns>The exports of the spec.</returns>
    private IReadOnlyList<ExportUse> Use(string fingerprint, TrainingLock known, DatasetSplit? split, IProgressLog told, CancellationToken cancellation)
    {
        string weights = known.Weights!;
        new EvaluatorStage(spec, new EvaluationCache(_cache), Evaluations, told).Run(weights, Answers, cancellation);
        var exports = new ExportStage(spec, options.Output, options.Assets, told, options.Device);
        IReadOnlyList<ExportUse> uses = exports.Uses(cancellation);
        Record(exports.Run(uses, weights, new ExportCache(_cache), Digests(), cancellation));
        if (options.ExportList is not null) exports.WriteList(uses, options.ExportList);
        return uses;

        TestAnswers? Answers() => PlainAnswers()?.At(TrainedWeights.CertaintyOf(options.Output, spec).Temperature);

        TestAnswers? PlainAnswers()
        {
            var cache = new AnswerCache(_cache);
            if (cache.Find(fingerprint, known.TrainedWeights!) is { } kept) return kept;
            if (split is null) return null;
            Evaluation evaluation = TestPass.Run(
                spec, options.Output, split.Test, Devices.Choose(options.Device, spec.Name).Device, _cache.Scratch, told, cancellation);
            var answers = TestAnswers.Of(evaluation, split.Test);
            cache.Save(fingerprint, known.TrainedWeights!, answers);
            return answers;
        }
    }

    /// <summary>Brings the cross-validation of the lock up to date with the spec.</summary>
    private void CrossValidate(TrainingInputs inputs, string precision, IProgressLog told, CancellationToken cancellation)
    {
        if (options.IsLocked || LockFiles.Read(_lockFile, told) is not { } known) return;
        IReadOnlyList<Fact> figures = [];
        if (spec.Spec.Quality.CrossValidation is { Value: var folds })
        {
            if (known.Find(TrainingLock.CrossValidation, 0, "folds") == TomlLiteral.Of(folds)) return;
            bool hasPretrained = spec.Plan.WeightSet is not null || spec.Plan.WeightFile is not null;
            if (inputs.Split is null || (hasPretrained && inputs.PretrainedFile is null))
            {
                told.Line($"{Name}: the cross-validation is skipped: the dataset '{spec.Plan.Source}' or the pretrained weights are not on this machine");
                return;
            }
            CrossValidationResult result = new CrossValidator(
                spec, options.Device, precision, options.Memory ?? TensorStore.DefaultBudget(), _cache, told).Run(folds, inputs, cancellation);
            told.Line($"{Name}: {result.Describe(spec.Plan.Stages[0].Name)}");
            figures = result.Facts;
        }
        TrainingLock recorded = LockFiles.WithCrossValidation(known, figures);
        if (!ReferenceEquals(recorded, known)) AtomicFile.WriteText(_lockFile, recorded.ToString());
    }

    /// <summary>Writes what exporters measured into the lock.</summary>
    private void Record(IReadOnlyList<Fact> measured)
    {
        if (options.IsLocked || LockFiles.Read(_lockFile, log) is not { } known) return;
        TrainingLock recorded = LockFiles.WithExports(known, measured);
        if (!ReferenceEquals(recorded, known)) AtomicFile.WriteText(_lockFile, recorded.ToString());
    }

    /// <summary>Whether the weights of the lock are next to the spec, or could be restored from the cache.</summary>
    private bool WeightsAreHere(TrainingLock known, CancellationToken cancellation)
    {
        if (OutputDigest(cancellation) == known.Weights) return true;
        if (new WeightCache(_cache).Find(known.Weights!) is not { } cached) return false;
        Publish(cached, known.Weights!);
        log.Line($"{Name}: restored {Path.GetFileName(options.Output)} from the cache");
        return true;
    }

    private string? OutputDigest(CancellationToken cancellation)
    {
        string? digest = null;
        if (File.Exists(options.Output)) BestEffort.Run(() => digest = Digests().Of(options.Output, cancellation));
        return digest;
    }

    /// <summary>Logs that nothing has to be done, and writes a missing report.</summary>
    private void Finish(TrainingLock known, TrainingInputs inputs)
    {
        string trust = inputs.Split is null ? $", according to the lock: the dataset '{spec.Plan.Source}' is not on this machine" : "";
        TrainingLock renamed = LockFiles.WithNamesOf(known, spec);
        if (!options.IsLocked && !ReferenceEquals(renamed, known)) AtomicFile.WriteText(_lockFile, renamed.ToString());
        log.Line($"{Name}: up to date, {Path.GetFileName(options.Output)} has test accuracy {Accuracy(known)}{trust}");
        if (options.Report is null || File.Exists(options.Report)) return;
        var stages = new StageCache(_cache);
        StageResult?[] results = [.. known.StageFingerprints.Select(fingerprint => stages.Find(fingerprint, spec.Network))];
        if (results.All(static r => r is not null)) WriteReport(results!);
    }

    /// <summary>Trains the stages that are out of date, compares the result with what the spec requires, and writes weights and lock.</summary>
    /// <returns>The lock, and the evaluation of the last stage.</returns>
    private (TrainingLock Lock, Evaluation Evaluation) Train(
        TrainingInputs inputs, TrainingLock? known, Func<bool> isUnchanged, IProgressLog told, CancellationToken cancellation)
    {
        Leave(trains: true);
        _ = _ranks.BroadcastBytes(Encoding.UTF8.GetBytes(_precision.Value));
        IReadOnlyList<StageResult> results = Run(inputs, _precision.Value, isUnchanged, told, cancellation);
        TrainingLock trained = LockFiles.Of(spec, inputs, results);
        var quality = new QualityCheck(spec, _cache, told);
        if (known is not null) quality.Compare(known, trained);
        quality.Require(known, trained, Path.Combine(Evaluations, QualityCheck.RejectedFile), () => Report(results));
        CertainWeights certain = new CertaintyStage(spec, _cache, options.Device, Digests(), told)
            .Run(inputs.Fingerprint, inputs.Split!, _cache.Weights(results[^1].Weights), results[^1].Weights, cancellation);
        Publish(_cache.Weights(certain.Weights), certain.Weights);
        TrainingLock written = LockFiles.WithCertainty(trained, spec, certain);
        AtomicFile.WriteText(_lockFile, written.ToString());
        if (options.Report is not null) WriteReport(results);
        told.Line($"{Name}: wrote {options.Output}");
        return (written, results[^1].Evaluation);
    }

    private IEnumerable<string> Reasons(TrainingLock? known, TrainingInputs inputs)
    {
        if (known is null)
        {
            yield return $"trains, as there is no {Path.GetFileName(_lockFile)}";
            yield break;
        }
        bool changed = false;
        foreach (FactChange change in TrainingLock.Compare(known.Inputs, inputs.Facts))
        {
            changed = true;
            yield return $"trains, as {change.Text}";
        }
        if (changed) yield break;
        yield return File.Exists(options.Output)
            ? $"trains, as {Path.GetFileName(options.Output)} is not the file that the lock records, which is not in the cache"
            : $"trains, as {Path.GetFileName(options.Output)} is neither here nor in the cache; on the machine that trained it, it is {known.Weights}";
    }

    private void Publish(string weights, string digest) => new ExportStage(spec, options.Output, options.Assets, log).WriteWeights(weights, digest);

    private void WriteReport(IEnumerable<StageResult> results) => AtomicFile.WriteText(options.Report!, Report(results));

    /// <summary>The evaluations of every stage.</summary>
    private string Report(IEnumerable<StageResult> results) =>
        EvaluationReport.Json(spec.Plan.Stages.Zip(results, static (stage, result) => (stage.Name, result.Evaluation)));

    private string DeviceClass() => options.Device == "auto"
        ? Devices.Choose("auto", spec.Name).Device.type == DeviceType.CPU ? "cpu" : "cuda"
        : options.Device.Split(':')[0];

    /// <summary>Reads the inputs, on every rank with the same settings.</summary>
    private TrainingInputReader Reader(Downloader downloader) => new(
        spec, new DatasetLoader(options.Assets, downloader, log), new PretrainedWeights(options.Assets, downloader), Digests(), options.LibTorch, options.Cuda);

    private FileDigests Digests() => new(_cache.Digests);

    private static string Accuracy(TrainingLock known) =>
        double.TryParse(known.Find("stage", known.StageFingerprints.Count(), "test_accuracy"), CultureInfo.InvariantCulture, out double accuracy)
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * accuracy:0.00}%")
            : "unknown";
}
