using System.Diagnostics;
using FineTune.Files;
using FineTune.Pipeline;
using FineTune.Training.Checkpoints;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Processes;
using FineTune.Training.Processors;
using FineTune.Training.Ranks;
using ModelSpec.Networks;
using ModelSpec.Plans;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Runs one training stage.</summary>
/// <param name="module">The network.</param>
/// <param name="spec">The spec.</param>
/// <param name="images">The images, which may still be being decoded.</param>
/// <param name="complete">Waits until all images are decoded, and checks them; called before the first step.</param>
/// <param name="device">The device of the network.</param>
/// <param name="precision">The type that convolutions compute in during training. The evaluation uses float32, as predictions do.</param>
/// <param name="features">Provides the output of frozen layers.</param>
/// <param name="log">Receives progress.</param>
/// <param name="ranks">The ranks that share the work. Rank 0 has the checkpoints and the evaluation.</param>
/// <param name="scratch">The folder for the checkpoint that a rank gets from rank 0.</param>
internal sealed class StageRunner(
    NetworkModule module, SpecSource spec, ImageSets images, Action complete, Device device, ScalarType precision, FeatureSource features, IProgressLog log,
    ICollectives ranks, string scratch)
{
    private TrainingPlan Plan => spec.Plan;

    private Network Network => spec.Network;

    /// <summary>Trains the layers that the stage does not freeze.</summary>
    /// <param name="index">The index of the stage.</param>
    /// <param name="checkpoints">Stores the state after each epoch; an existing state is resumed. Not used by other ranks than 0.</param>
    /// <param name="cancellation">Cancels the stage before its next step.</param>
    /// <returns>The evaluation of the network on the test images after the stage; null on other ranks than 0.</returns>
    /// <exception cref="TrainingException">The loss became infinite or undefined.</exception>
    public Evaluation? Run(int index, CheckpointFolder checkpoints, CancellationToken cancellation)
    {
        Stage stage = Plan.Stages[index];
        int depth = Plan.FrozenPrefix(stage);
        int parts = SharedStages.Parts(Network, stage, ranks.Size);
        log.Line($"{Network.ClassName}: {Describe(stage)}");
        if (ranks.Size > 1) log.Line($"{Network.ClassName}: {Describe(stage, parts)}");

        ranks.Broadcast(module.Weights().Select(static weight => weight.Value));
        module.Begin(stage);
        Augmenter? augmenter = Augmenter.Create(spec, cancellation);
        int views = Augmenter.ViewsOf(Plan);
        Features? train = views > 0 && features.IsWorthKeeping(depth)
            ? features.Of(images.Train, index, precision, "features", cancellation, augmenter, views)
            : null;
        Features? validation = images.Validation.Count == 0 ? null : features.Of(images.Validation, index, precision, "validation", cancellation);
        complete();
        if (ranks.Rank == 0 || parts > 1) Train(stage, index, depth, parts, train, validation, augmenter, checkpoints, cancellation);
        Features test = features.Of(images.Test, index, ScalarType.Float32, "evaluation", cancellation);
        Features? mirrored = Network.Mirror
            ? features.Of(images.Test, index, ScalarType.Float32, "evaluation of mirrored images", cancellation, isMirrored: true)
            : null;
        Evaluation? evaluation = ranks.Rank == 0 ? Evaluation.Of(module, images.Test, test, depth, mirrored) : null;
        features.Release(index + 1);
        return evaluation;
    }

    private void Train(
        Stage stage, int index, int depth, int parts, Features? trainFeatures, Features? validationFeatures, Augmenter? augmenter, CheckpointFolder checkpoints,
        CancellationToken cancellation)
    {
        long[] order = images.Train.Readable(cancellation);
        var progress = new StageProgress(log, Network.ClassName, stage, order.Length);
        using var threads = new TorchThreads(StepThreads.Of(Network, trainFeatures is null ? 0 : depth, stage.BatchSize));
        // The ranks of a shared stage compute every epoch together; otherwise, the others wait for this one.
        ICollectives sharing = parts > 1 ? ranks : SingleRank.Instance;
        using var epochs = new EpochRunner(module, Plan, index, images.Train, trainFeatures, augmenter, device, precision, ranks, parts);
        IReadOnlyDictionary<string, Tensor> state = module.Changing(stage);
        Checkpoint? last = LastCheckpoint(checkpoints, sharing);
        if (last is not null)
        {
            last.Restore(state, epochs.Optimizer);
            log.Line($"{Network.ClassName}: {stage.Name} resumes after epoch {last.Epoch}");
        }
        BestWeights? best = stage.EarlyStopping is { } stopping ? new BestWeights(state, stopping.Patience, last?.Best) : null;
        for (int epoch = (last?.Epoch ?? 0) + 1; sharing.Broadcast(epoch <= stage.Epochs && best?.IsOver != true); epoch++)
        {
            // Optimizers may round differently on different processors, so each epoch begins with the weights of rank 0.
            sharing.Broadcast(state.Values);
            epochs.SetLearningRate(stage.Schedule.LearningRate(epoch, stage.Epochs, stage.Optimizer.LearningRate));
            // Dropout uses torch's generator. It is seeded for each epoch, so a resumed stage draws the same numbers.
            random.manual_seed(new SeededRandom(Plan.Seed, index, epoch, order.Length).NextSeed());
            order.AsSpan().Sort();
            new SeededRandom(Plan.Seed, index, epoch).Shuffle<long>(order);
            var clock = Stopwatch.StartNew();
            (double loss, double accuracy) = epochs.Run(epoch, order, cancellation);
            if (!double.IsFinite(loss))
            {
                throw spec.Stage(index).Error(TrainingDiagnostics.Diverged, stage.Name, loss, epoch, stage.Optimizer.LearningRate);
            }

            if (ranks.Rank > 0) continue;
            Evaluation? validation = validationFeatures is null ? null : Validate(validationFeatures, stage, depth);
            progress.EpochEnded(epoch, loss, accuracy, validation);
            best?.Add(epoch, validation!.Loss);
            checkpoints.Record(new TrainedEpoch(epoch, loss, accuracy, clock.Elapsed.TotalSeconds)
            {
                ValidationLoss = validation?.Loss,
                ValidationAccuracy = validation?.Accuracy,
            });
            checkpoints.Save(epoch, state, epochs.Optimizer, best?.SoFar);
        }
        if (best?.IsOver == true)
        {
            log.Line($"{Network.ClassName}: {stage.Name} ends early, no better than epoch {best.SoFar!.Epoch} for {stage.EarlyStopping!.Patience} epochs");
        }
        if (ranks.Rank == 0) best?.Restore();
    }

    /// <summary>The checkpoint that the stage resumes from: that of rank 0, for all ranks that share the stage.</summary>
    private Checkpoint? LastCheckpoint(CheckpointFolder checkpoints, ICollectives sharing)
    {
        Checkpoint? last = ranks.Rank == 0 ? checkpoints.Last() : null;
        if (!sharing.Broadcast(last is not null)) return null;
        byte[] bytes = sharing.BroadcastBytes(last is not null && sharing.Size > 1 ? File.ReadAllBytes(last.Optimizer.Path) : []);
        if (last is not null) return last;
        string copy = Path.Combine(scratch, Path.GetRandomFileName());
        AtomicFile.Write(copy, file => file.Write(bytes), durable: false);
        return CheckpointFile.Read(copy);
    }

    private Evaluation Validate(Features features, Stage stage, int depth)
    {
        Evaluation evaluation = Evaluation.Of(module, images.Validation, features, depth);
        module.Begin(stage);
        return evaluation;
    }

    private string Describe(Stage stage, int parts) => (parts, stage.Shards) switch
    {
        (1, _) => $"rank 0 trains {stage.Name} alone: its steps are too small to share",
        (_, null) => $"{ranks.Size} ranks share each batch of {stage.Name}",
        _ => $"{ranks.Size} ranks share each batch of {stage.Name}, in {parts} shards",
    };

    private string Describe(Stage stage)
    {
        long all = Network.Layers.Sum(static l => l.Parameters);
        long learnt = Plan.TrainableParameters(stage);
        return FormattableString.Invariant($"{stage.Name} trains {learnt:N0} of {all:N0} parameters, {stage.Epochs} epochs of {images.Train.Count} images");
    }
}
