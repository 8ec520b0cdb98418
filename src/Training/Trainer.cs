using System.Globalization;
using System.Runtime.InteropServices;
using FineTune.Inference;
using FineTune.Pipeline;
using FineTune.Training.Cache;
using FineTune.Training.Checkpoints;
using FineTune.Training.Cuda;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Evaluators;
using FineTune.Training.Inspection;
using FineTune.Training.Locks;
using FineTune.Training.Modules;
using FineTune.Training.Plugins;
using FineTune.Training.Processes;
using FineTune.Training.Ranks;
using FineTune.Training.Stages;
using FineTune.Training.Statistics;
using FineTune.Training.Weights;
using FineTune.Weights;
using ModelSpec.Networks;
using ModelSpec.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training;

/// <summary>
/// Runs the stages of a spec that have no cached result: decodes images, trains, evaluates and stores the result. If several processes need
/// the same stage, one trains it and the others wait for its result.
/// </summary>
/// <param name="spec">The spec.</param>
/// <param name="deviceName">The device: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. libtorch is loaded when a stage has to be trained.</param>
/// <param name="precision">The precision of the training: <c>fp32</c> or <c>bf16</c>.</param>
/// <param name="memory">The bytes of decoded images and of frozen layers' output that are kept in memory; more than that is kept in files.</param>
/// <param name="cache">Stores results of stages, checkpoints and data that does not fit into memory.</param>
/// <param name="log">Receives progress.</param>
/// <param name="ranks">The ranks that share the work. Rank 0 alone reads and writes the cache.</param>
internal sealed class Trainer(
    SpecSource spec, string deviceName, string precision, long memory, CacheFolder cache, IProgressLog log, ICollectives ranks)
{
    /// <summary>What rank 0 sends instead of a stage when there are no more.</summary>
    private const int NoStage = -1;

    private readonly StageCache _stages = new(cache);
    private readonly WeightCache _weights = new(cache);

    private TrainingPlan Plan => spec.Plan;

    private Network Network => spec.Network;

    /// <summary>Brings every stage's result into the cache.</summary>
    /// <param name="inputs">The inputs; the dataset and the pretrained weights must be on this machine.</param>
    /// <param name="isUnchanged">Called after the images were decoded; returns whether they have not changed since they were digested.</param>
    /// <param name="cancellation">Cancels the training; its finished epochs are kept.</param>
    /// <returns>The result of each stage in order; empty on other ranks than 0.</returns>
    /// <exception cref="TrainingException">Something is wrong with data, weights or settings.</exception>
    public IReadOnlyList<StageResult> Run(TrainingInputs inputs, Func<bool> isUnchanged, CancellationToken cancellation)
    {
        if (ranks.Rank > 0)
        {
            Follow(inputs, isUnchanged, cancellation);
            return [];
        }
        List<StageResult> results = [];
        TrainingState? state = null;
        try
        {
            int complete = LastComplete(inputs);
            // Taken before the turn of any stage, so that a process that waits for memory does not block other trainings.
            using MemoryTurn? turnOfMemory = complete == Plan.Stages.Count - 1 ? null : MemoryTurn.Take(
                cache.MemoryTurn, ranks.RanksOfHost * MemoryNeed.Of(Plan, inputs.Split!, memory),
                () => log.Line($"{Network.ClassName}: waiting for memory, or for other trainings to end"), cancellation: cancellation);
            for (int i = 0; i < Plan.Stages.Count; i++)
            {
                string fingerprint = inputs.Fingerprints[i];
                using var turn = Turn.Take(
                    cache.StageTurn(fingerprint), () => log.Line($"{Network.ClassName}: another process is training {Plan.Stages[i].Name}; waiting"), cancellation);
                // If the weights of a later stage are cached, only the evaluations of the stages before it are needed.
                if (_stages.Find(fingerprint, Network) is { } known && (i < complete || _weights.Find(known.Weights) is not null))
                {
                    log.Line($"{Network.ClassName}: {Plan.Stages[i].Name} is in the cache");
                    // If another process has trained this stage in the meantime, the next stage starts from its weights.
                    if (state is not null) Fill(state.Module, cache.Weights(known.Weights));
                    results.Add(known);
                }
                else
                {
                    state ??= Begin(inputs, results.Count > 0 ? results[^1] : null, isUnchanged, cancellation);
                    ranks.Broadcast(i);
                    results.Add(Train(i, inputs, state, cancellation));
                }
                Tell(Plan.Stages[i], results[^1].Evaluation, inputs.Split, cancellation);
            }
            ranks.Broadcast(NoStage);
            return results;
        }
        finally
        {
            state?.Dispose();
        }
    }

    /// <summary>Helps rank 0 with the stages that it trains, in any number and order.</summary>
    private void Follow(TrainingInputs inputs, Func<bool> isUnchanged, CancellationToken cancellation)
    {
        TrainingState? state = null;
        try
        {
            for (int i = ranks.Broadcast(NoStage); i != NoStage; i = ranks.Broadcast(NoStage))
            {
                // Rank 0 sends the weights.
                state ??= Begin(inputs, before: null, isUnchanged, cancellation);
                Runner(state).Run(i, new CheckpointFolder(cache.Checkpoints(inputs.Fingerprints[i]), spec.Stage(i), log), cancellation);
            }
        }
        finally
        {
            state?.Dispose();
        }
    }

    private StageRunner Runner(TrainingState state) => new(
        state.Module, spec, state.Images, state.Complete, state.Device, Precisions.TypeOf(precision), state.Features, log, ranks, cache.Scratch);

    /// <summary>The index of the last stage whose weights the cache has, or -1.</summary>
    private int LastComplete(TrainingInputs inputs)
    {
        int last = inputs.Fingerprints.Count - 1;
        while (last >= 0 && (_stages.Find(inputs.Fingerprints[last], Network) is not { } known || _weights.Find(known.Weights) is null)) last--;
        return last;
    }

    private StageResult Train(int index, TrainingInputs inputs, TrainingState state, CancellationToken cancellation)
    {
        string fingerprint = inputs.Fingerprints[index];
        var checkpoints = new CheckpointFolder(cache.Checkpoints(fingerprint), spec.Stage(index), log);
        Evaluation evaluation = Run(Runner(state), index, state.Device, checkpoints, cancellation)!;
        try
        {
            StageResult result = _stages.Save(fingerprint, evaluation, checkpoints.Epochs(), path => SafetensorsWriter.Write(path, state.Module.Weights(), Notes(state.Module, evaluation)));
            new AnswerCache(cache).Save(fingerprint, result.Weights, TestAnswers.Of(evaluation, inputs.Split!.Test));
            checkpoints.Clear();
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.CannotWrite, cache.Weights(fingerprint), e.Message.TrimEnd('.') + ".");
        }
    }

    private Evaluation? Run(StageRunner runner, int index, Device device, CheckpointFolder checkpoints, CancellationToken cancellation)
    {
        try
        {
            return runner.Run(index, checkpoints, cancellation);
        }
        catch (ExternalException e) when (DeviceMemory.IsExhausted(e))
        {
            Stage stage = Plan.Stages[index];
            throw spec.Stage(index).Error(e, TrainingDiagnostics.DeviceMemory, device.ToString().ToLowerInvariant(), stage.Name, stage.BatchSize, e.Message.Split('\n')[0]);
        }
    }

    /// <summary>The images, and the network with the initial weights of the first stage that has to be trained.</summary>
    private TrainingState Begin(TrainingInputs inputs, StageResult? before, Func<bool> isUnchanged, CancellationToken cancellation)
    {
        (Device device, string reason) = Devices.Choose(deviceName, spec.Name);
        log.Line($"{Network.ClassName}: on {device.ToString().ToLowerInvariant()} ({reason}), in {precision}");
        var store = new TensorStore(memory / ranks.RanksOfHost, cache.Scratch);
        var images = new ImageSets(spec, inputs.Split!, store);
        NetworkModule? module = null;
        try
        {
            random.manual_seed(Plan.Seed);
            module = new NetworkModule(Network);
            if (before is not null)
            {
                Fill(module, cache.Weights(before.Weights));
            }
            else
            {
                if (inputs.PretrainedFile is { } file) PretrainedCheck.Report(file, BackboneWeights.Load(file, module, spec, cancellation), spec, log, cancellation);
                log.Line($"{Network.ClassName}: {Network.Backbone} with {Path.GetFileName(inputs.PretrainedFile) ?? "random weights"}");
            }
            module.to(device);
            BodyCheck.Run(module, Precisions.TypeOf(precision), device, spec, log);
            return new TrainingState(device, module, images, new FeatureSource(module, spec, device, store, log, ranks), new Lazy<bool>(() => Complete(images, inputs.Split!, isUnchanged, cancellation)));
        }
        catch
        {
            images.Dispose();
            module?.Dispose();
            throw;
        }
    }

    private bool Complete(ImageSets images, DatasetSplit split, Func<bool> isUnchanged, CancellationToken cancellation)
    {
        images.Complete(log, cancellation);
        if (!isUnchanged()) throw spec.DataSource.Error(TrainingDiagnostics.DataChanged, split.Root);
        if (ranks.Rank == 0) new DataWarnings(spec, log).Report(split, images, new FileDigests(cache.Digests), cancellation);
        return true;
    }

    private static void Fill(NetworkModule module, string path)
    {
        using FileStream file = File.OpenRead(path);
        SafetensorsLoader.Load(file, ModuleState.Of(module), $"'{path}'");
    }

    private void Tell(Stage stage, Evaluation evaluation, DatasetSplit? split, CancellationToken cancellation)
    {
        var interval = WilsonInterval.Of(evaluation.Confusion.Correct, evaluation.Confusion.Count);
        log.Line(string.Create(CultureInfo.InvariantCulture,
            $"{Network.ClassName}: after {stage.Name}, test accuracy {100 * evaluation.Accuracy:0.00}% ({evaluation.Confusion.Correct} of {evaluation.Confusion.Count}), 95% interval {100 * interval.Low:0.0}% to {100 * interval.High:0.0}%, loss {evaluation.Loss:0.0000}"));
        log.Line(Report(evaluation, split, cancellation));
    }

    /// <summary>The text of the built-in evaluator. A cached evaluation has no logits, but its confusion matrix gives the same text.</summary>
    private string Report(Evaluation evaluation, DatasetSplit? split, CancellationToken cancellation)
    {
        if (evaluation.Rows.Count == 0 || split is null) return EvaluationReport.Text(evaluation.Confusion);
        RegisteredPart<IEvaluator> report = spec.Parts.Find<IEvaluator>(ReportEvaluator.Word);
        var place = PartPlace.OfBuiltIn(spec, ReportEvaluator.Word);
        return new EvaluatorStage(spec, new EvaluationCache(cache), "", log).Run(report, place, TestAnswers.Of(evaluation, split.Test), cancellation).Text;
    }

    /// <summary>The metadata of a weight file: the meaning of its numbers, and the exact output of the network for the check image.</summary>
    private Dictionary<string, string> Notes(NetworkModule module, Evaluation evaluation)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, string> notes = new(WeightsMeanings.Of(Network).ToMetadata(), StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["test_accuracy"] = evaluation.Accuracy.ToString("0.####", CultureInfo.InvariantCulture),
            [GoldenAnswers.Key] = GoldenAnswers.Format(ExactPass.Run(module, Network.Layers.Count).data<double>()),
        };
        return notes;
    }

    /// <summary>The state that stages of one run share.</summary>
    private sealed record TrainingState(Device Device, NetworkModule Module, ImageSets Images, FeatureSource Features, Lazy<bool> Completion) : IDisposable
    {
        /// <summary>Waits for the images, and checks them once.</summary>
        public void Complete() => _ = Completion.Value;

        public void Dispose()
        {
            Features.Dispose();
            Module.Dispose();
            Images.Dispose();
        }
    }
}
