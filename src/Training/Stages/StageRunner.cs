using FineTune.Images;
using FineTune.Training.Checkpoints;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using ModelSpec.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Runs one training stage.</summary>
internal sealed class StageRunner(NetworkModule module, SpecSource spec, ImageSets images, PixelTransform transform, Device device, IProgressLog log)
{
    /// <summary>
    /// Above this many bytes, the frozen layers' output is computed for each batch instead of being kept for the stage.
    /// </summary>
    internal const long FeatureBudget = 2L << 30;

    private Network Network => spec.Network;

    /// <summary>Trains the layers that the stage does not freeze.</summary>
    /// <param name="index">The index of the stage.</param>
    /// <param name="checkpoints">Where the state after each epoch is kept; what is there already is gone on with.</param>
    /// <param name="cancellation">Ends the stage before its next step.</param>
    /// <returns>How the network does on the test part afterwards.</returns>
    /// <exception cref="TrainingException">The loss became infinite or undefined.</exception>
    public Evaluation Run(int index, CheckpointFolder checkpoints, CancellationToken cancellation)
    {
        Stage stage = Network.Stages[index];
        int depth = Network.FrozenPrefix(stage);
        log.Line($"{Network.ClassName}: {Describe(stage)}");

        module.Begin(stage);
        bool keepsFeatures = Network.Augmentation is null && FitsBudget(depth, images.Train.Count);
        using (Features? features = keepsFeatures ? Compute(images.Train, depth, stage, "features", cancellation) : null)
        {
            Train(stage, index, depth, features, checkpoints, cancellation);
        }
        using Features test = Compute(images.Test, depth, stage, "evaluation", cancellation);
        return Evaluation.Of(module, test, depth);
    }

    private void Train(Stage stage, int index, int depth, Features? features, CheckpointFolder checkpoints, CancellationToken cancellation)
    {
        var progress = new StageProgress(log, Network.ClassName, stage, images.Train.Count);
        Parameter[] parameters = [.. module.parameters().Where(static p => p.requires_grad)];
        using OptimizerHelper optimizer = Optimizers.Create(stage.Optimizer, parameters);
        using Tensor? classWeights = stage.Regularization.BalancedClasses ? BalancedWeights() : null;
        Augmenter? augmenter = Network.Augmentation is { } augmentation ? new Augmenter(augmentation, Network.Seed) : null;
        using Features? validationFeatures = images.Validation.Count == 0 ? null : Compute(images.Validation, depth, stage, "validation", cancellation);
        IReadOnlyDictionary<string, Tensor> state = module.Changing(stage);
        Checkpoint? last = checkpoints.Last();
        if (last is not null)
        {
            last.Restore(state, optimizer);
            log.Line($"{Network.ClassName}: {stage.Name} goes on behind epoch {last.Epoch}");
        }
        BestWeights? best = stage.EarlyStopping is { } stopping ? new BestWeights(state, stopping.Patience, last?.Best) : null;
        long[] order = new long[images.Train.Count];
        for (int epoch = (last?.Epoch ?? 0) + 1; epoch <= stage.Epochs && best?.IsOver != true; epoch++)
        {
            double learningRate = stage.Schedule.LearningRate(epoch, stage.Epochs, stage.Optimizer.LearningRate);
            foreach (var group in optimizer.ParamGroups) group.LearningRate = learningRate;
            // Dropout draws from torch's generator: seeded for each epoch, it does the same where an interrupted stage goes on.
            random.manual_seed(new SeededRandom(Network.Seed, index, epoch, images.Train.Count).NextSeed());
            for (int i = 0; i < order.Length; i++) order[i] = i;
            new SeededRandom(Network.Seed, index, epoch).Shuffle<long>(order);
            (double loss, double accuracy) = TrainEpoch(stage, index, epoch, depth, features, augmenter, optimizer, parameters, classWeights, order, cancellation);
            if (!double.IsFinite(loss))
            {
                throw spec.Stage(index).Error(TrainingDiagnostics.Diverged, stage.Name, loss, epoch, stage.Optimizer.LearningRate);
            }

            Evaluation? validation = validationFeatures is null ? null : Validate(validationFeatures, stage, depth);
            progress.EpochEnded(epoch, loss, accuracy, validation);
            best?.Add(epoch, validation!.Loss);
            checkpoints.Save(epoch, state, optimizer, best?.SoFar);
        }
        if (best?.IsOver == true)
        {
            log.Line($"{Network.ClassName}: {stage.Name} ends early, no better than epoch {best.SoFar!.Epoch} for {stage.EarlyStopping!.Patience} epochs");
        }
        best?.Restore();
    }

    private (double Loss, double Accuracy) TrainEpoch(
        Stage stage, int index, int epoch, int depth, Features? features, Augmenter? augmenter, optim.Optimizer optimizer, Parameter[] parameters,
        Tensor? classWeights, long[] order, CancellationToken cancellation)
    {
        using DisposeScope epochScope = NewDisposeScope();
        // Summed on the device: reading them once an epoch does not make the device wait for the host at every step.
        Tensor lossSum = zeros(1, device: device);
        Tensor correct = zeros(1, dtype: ScalarType.Int64, device: device);
        bool needsTwo = HasBatchNorm(stage);
        for (int start = 0; start < order.Length; start += stage.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            ReadOnlySpan<long> batch = order.AsSpan(start, Math.Min(stage.BatchSize, order.Length - start));
            if (batch.Length == 1 && needsTwo && order.Length > 1) continue;
            Tensor indices = tensor(batch.ToArray());
            Tensor input = features is null
                ? Prefix(indices, batch, augmenter, index, epoch, depth)
                : features.Values.index_select(0, indices.to(device));
            Tensor labels = images.Train.Labels.index_select(0, indices).to(device);

            Tensor logits = module.Forward(input, depth, Network.Layers.Count);
            Tensor loss = nn.functional.cross_entropy(logits, labels, classWeights, label_smoothing: stage.Regularization.LabelSmoothing);
            optimizer.zero_grad();
            loss.backward();
            if (stage.Regularization.ClipNorm is { } norm) nn.utils.clip_grad_norm_(parameters, norm);
            optimizer.step();

            lossSum.add_(loss.detach(), batch.Length);
            correct.add_(logits.detach().argmax(1).eq(labels).sum());
        }
        return (lossSum.item<float>() / order.Length, (double)correct.item<long>() / order.Length);
    }

    private Evaluation Validate(Features features, Stage stage, int depth)
    {
        Evaluation evaluation = Evaluation.Of(module, features, depth);
        module.Begin(stage);
        return evaluation;
    }

    private Tensor BalancedWeights()
    {
        using Tensor labels = images.Train.Labels.cpu();
        return tensor(ClassWeights.Balanced(labels.data<long>().ToArray(), Network.Classes.Count), device: device);
    }

    /// <summary>Batch normalisation has no variance to learn from in a batch of one image.</summary>
    private bool HasBatchNorm(Stage stage) => Network.Layers.Any(layer => layer is BatchNormLayer && !stage.Freezes(layer));

    private Tensor Prefix(Tensor indices, ReadOnlySpan<long> batch, Augmenter? augmenter, int stage, int epoch, int depth)
    {
        Tensor pixels = images.Train.Pixels.index_select(0, indices).to(device);
        using IDisposable noGradient = no_grad();
        Tensor augmented = augmenter is null ? pixels : augmenter.Apply(pixels, batch, stage, epoch);
        return module.Forward(transform.Apply(augmented), 0, depth);
    }

    private Features Compute(ImageSet set, int depth, Stage stage, string what, CancellationToken cancellation)
    {
        var progress = new StageProgress(log, Network.ClassName, stage, set.Count);
        return Features.Compute(module, set, transform, depth, device, Told);

        void Told(int done)
        {
            cancellation.ThrowIfCancellationRequested();
            progress.Step(what, done, set.Count);
        }
    }

    private bool FitsBudget(int depth, int count) =>
        (long)count * Network.Layers[Math.Max(depth - 1, 0)].Output.Elements * sizeof(float) <= FeatureBudget;

    private string Describe(Stage stage)
    {
        long all = Network.Layers.Sum(static l => l.Parameters);
        long learnt = Network.TrainableParameters(stage);
        return FormattableString.Invariant($"{stage.Name} trains {learnt:N0} of {all:N0} parameters, {stage.Epochs} epochs of {images.Train.Count} images");
    }
}
