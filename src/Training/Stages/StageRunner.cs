using System.Diagnostics;
using FineTune.Pipeline;
using FineTune.Training.Checkpoints;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Processes;
using FineTune.Training.Processors;
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
internal sealed class StageRunner(
    NetworkModule module, SpecSource spec, ImageSets images, Action complete, Device device, ScalarType precision, FeatureSource features, IProgressLog log)
{
    private TrainingPlan Plan => spec.Plan;

    private Network Network => spec.Network;

    /// <summary>Trains the layers that the stage does not freeze.</summary>
    /// <param name="index">The index of the stage.</param>
    /// <param name="checkpoints">Stores the state after each epoch; an existing state is resumed.</param>
    /// <param name="cancellation">Cancels the stage before its next step.</param>
    /// <returns>The evaluation of the network on the test images after the stage.</returns>
    /// <exception cref="TrainingException">The loss became infinite or undefined.</exception>
    public Evaluation Run(int index, CheckpointFolder checkpoints, CancellationToken cancellation)
    {
        Stage stage = Plan.Stages[index];
        int depth = Plan.FrozenPrefix(stage);
        log.Line($"{Network.ClassName}: {Describe(stage)}");

        module.Begin(stage);
        Augmenter? augmenter = Augmenter.Create(spec, cancellation);
        int views = Augmenter.ViewsOf(Plan);
        Features? train = views > 0 && features.IsWorthKeeping(depth)
            ? features.Of(images.Train, index, precision, "features", cancellation, augmenter, views)
            : null;
        Features? validation = images.Validation.Count == 0 ? null : features.Of(images.Validation, index, precision, "validation", cancellation);
        complete();
        Train(stage, index, depth, train, validation, augmenter, checkpoints, cancellation);
        Features test = features.Of(images.Test, index, ScalarType.Float32, "evaluation", cancellation);
        Features? mirrored = Network.Mirror
            ? features.Of(images.Test, index, ScalarType.Float32, "evaluation of mirrored images", cancellation, isMirrored: true)
            : null;
        Evaluation evaluation = Evaluation.Of(module, images.Test, test, depth, mirrored);
        features.Release(index + 1);
        return evaluation;
    }

    private void Train(
        Stage stage, int index, int depth, Features? trainFeatures, Features? validationFeatures, Augmenter? augmenter, CheckpointFolder checkpoints,
        CancellationToken cancellation)
    {
        long[] order = images.Train.Readable(cancellation);
        var progress = new StageProgress(log, Network.ClassName, stage, order.Length);
        using var threads = new TorchThreads(StepThreads.Of(Network, trainFeatures is null ? 0 : depth, stage.BatchSize));
        using var epochs = new EpochRunner(module, Plan, index, images.Train, trainFeatures, augmenter, device, precision);
        IReadOnlyDictionary<string, Tensor> state = module.Changing(stage);
        Checkpoint? last = checkpoints.Last();
        if (last is not null)
        {
            last.Restore(state, epochs.Optimizer);
            log.Line($"{Network.ClassName}: {stage.Name} resumes after epoch {last.Epoch}");
        }
        BestWeights? best = stage.EarlyStopping is { } stopping ? new BestWeights(state, stopping.Patience, last?.Best) : null;
        for (int epoch = (last?.Epoch ?? 0) + 1; epoch <= stage.Epochs && best?.IsOver != true; epoch++)
        {
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
        best?.Restore();
    }

    private Evaluation Validate(Features features, Stage stage, int depth)
    {
        Evaluation evaluation = Evaluation.Of(module, images.Validation, features, depth);
        module.Begin(stage);
        return evaluation;
    }

    private string Describe(Stage stage)
    {
        long all = Network.Layers.Sum(static l => l.Parameters);
        long learnt = Plan.TrainableParameters(stage);
        return FormattableString.Invariant($"{stage.Name} trains {learnt:N0} of {all:N0} parameters, {stage.Epochs} epochs of {images.Train.Count} images");
    }
}
