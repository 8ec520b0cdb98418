using System.Globalization;
using FineTune.Inference;
using FineTune.Training.Cache;
using FineTune.Training.Checkpoints;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using FineTune.Training.Modules;
using FineTune.Training.Processes;
using FineTune.Training.Processors;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using ModelSpec.Networks;
using ModelSpec.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Quality;

/// <summary>
/// Cross-validates the first stage, which freezes the backbone: the training images are divided into folds, and the head is trained once for each fold on
/// the images of the others. The images pass through the backbone once for all folds. Test images take no part.
/// </summary>
/// <param name="spec">The spec.</param>
/// <param name="deviceName">The device: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="precision">The precision of the training: <c>fp32</c> or <c>bf16</c>.</param>
/// <param name="memory">The bytes of decoded images and of the backbone's output that are kept in memory; more than that is kept in files.</param>
/// <param name="cache">Stores results.</param>
/// <param name="log">Receives progress.</param>
internal sealed class CrossValidator(SpecSource spec, string deviceName, string precision, long memory, CacheFolder cache, IProgressLog log)
{
    private const int StageIndex = 0;

    private readonly CrossValidationCache _results = new(cache);

    private TrainingPlan Plan => spec.Plan;

    private Network Network => spec.Network;

    private Stage Stage => Plan.Stages[StageIndex];

    private int Depth => Plan.FrozenPrefix(Stage);

    /// <summary>Returns the result of the cache, or computes it.</summary>
    /// <param name="folds">The number of folds, at least 2.</param>
    /// <param name="inputs">The inputs; the dataset and the pretrained weights must be on this machine.</param>
    /// <param name="cancellation">Cancels it.</param>
    /// <exception cref="TrainingException">Something is wrong with data, weights or settings.</exception>
    public CrossValidationResult Run(int folds, TrainingInputs inputs, CancellationToken cancellation)
    {
        string fingerprint = inputs.Fingerprints[StageIndex];
        if (_results.Find(fingerprint, folds) is { } known) return known;
        using MemoryTurn turn = MemoryTurn.Take(
            cache.MemoryTurn, MemoryNeed.Of(Plan, inputs.Split!, memory),
            () => log.Line($"{Network.ClassName}: waiting for memory, or for other trainings to end"), cancellation: cancellation);
        CrossValidationResult result = Compute(folds, inputs, cancellation);
        _results.Save(fingerprint, result);
        return result;
    }

    private CrossValidationResult Compute(int folds, TrainingInputs inputs, CancellationToken cancellation)
    {
        (Device device, _) = Devices.Choose(deviceName, spec.Name);
        ScalarType type = Precisions.TypeOf(precision);
        var store = new TensorStore(memory, cache.Scratch);
        using var images = new ImageSets(spec, inputs.Split! with { Test = [] }, store);
        random.manual_seed(Plan.Seed);
        using var module = new NetworkModule(Network);
        if (inputs.PretrainedFile is { } file) BackboneWeights.Load(file, module, spec, cancellation);
        module.to(device);
        BodyCheck.Run(module, type, device, spec, log);

        List<Features> owned = [];
        try
        {
            // What the heads are evaluated on is computed as predictions are; they learn from what the stage learns from.
            Features held = Of(images.Train, ScalarType.Float32);
            Features? mirrored = Network.Mirror ? Of(images.Train, ScalarType.Float32, isMirrored: true) : null;
            Augmenter? augmenter = Augmenter.Create(spec, cancellation);
            int views = Augmenter.ViewsOf(Plan);
            bool isUnchanged = augmenter is null || views == 0;
            Features train = isUnchanged && type == ScalarType.Float32 ? held : Of(images.Train, type, isUnchanged ? null : augmenter, isUnchanged ? 1 : views);
            Features? validation = images.Validation.Count == 0 || Stage.EarlyStopping is null ? null : Of(images.Validation, type);
            images.ReportUnreadable(log, cancellation);
            return Run(Divide(folds, images.Train, cancellation), module, images, new FoldFeatures(train, held, mirrored, validation), device, type, cancellation);
        }
        catch (IOException e)
        {
            throw spec.DataSource.Error(e, TrainingDiagnostics.NoRoom, e.Message.TrimEnd('.') + ".");
        }
        finally
        {
            foreach (Features features in owned) features.Dispose();
        }

        Features Of(ImageSet set, ScalarType precision, Augmenter? augmenter = null, int views = 1, bool isMirrored = false)
        {
            var progress = new StageProgress(log, Network.ClassName, Stage, views * set.Count);
            using InferenceNetwork body = module.ForInference(0, Depth, precision);
            Features features = Features.Compute(
                [body], set, PassSize.Of(Network, Depth, device), PixelTransforms.Of(Network), device, store, Told, Ranks.SingleRank.Instance, augmenter: augmenter, views: views,
                isMirrored: isMirrored, cancellation: cancellation)[0];
            owned.Add(features);
            return features;

            void Told(int done, int all)
            {
                cancellation.ThrowIfCancellationRequested();
                progress.Step("features for the cross-validation", done, all);
            }
        }
    }

    private IReadOnlyList<long[]> Divide(int folds, ImageSet train, CancellationToken cancellation)
    {
        long[] readable = train.Readable(cancellation), labels = train.LabelsOf(readable);
        for (int i = 0; i < Network.Classes.Count; i++)
        {
            int count = labels.Count(label => label == i);
            if (count >= folds) continue;
            throw new SpecLocation(spec.Spec.Path, spec.Spec.Quality.CrossValidation!.Value.Span).Error(TrainingDiagnostics.TooFewForFolds, Network.Classes[i].Text, count, folds);
        }
        return FoldDivision.Of(readable, labels, folds, Plan.Seed);
    }

    private CrossValidationResult Run(
        IReadOnlyList<long[]> folds, NetworkModule module, ImageSets images, FoldFeatures features, Device device, ScalarType type, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, Tensor> state = module.Changing(Stage);
        IReadOnlyDictionary<string, byte[]> initial = TensorBytes.Of(state);
        using var threads = new TorchThreads(StepThreads.Of(Network, Depth, Stage.BatchSize));
        List<Fold> results = [];
        foreach (long[] held in folds)
        {
            TensorBytes.Fill(state, initial);
            Train([.. folds.Where(fold => fold != held).SelectMany(static fold => fold)], module, state, images, features, device, type, cancellation);
            Evaluation evaluation = Evaluation.Of(module, images.Train, features.Held, Depth, features.Mirrored, held);
            results.Add(new Fold(evaluation.Confusion.Count, evaluation.Confusion.Correct));
            log.Line(string.Create(CultureInfo.InvariantCulture,
                $"{Network.ClassName}: cross-validation of {Stage.Name}, fold {results.Count} of {folds.Count}, accuracy {100 * results[^1].Accuracy:0.00}% ({results[^1].Right} of {results[^1].Images})"));
        }
        return new CrossValidationResult(results);
    }

    /// <summary>Trains the head as the stage does, on some of its images.</summary>
    private void Train(
        long[] order, NetworkModule module, IReadOnlyDictionary<string, Tensor> state, ImageSets images, FoldFeatures features, Device device, ScalarType type,
        CancellationToken cancellation)
    {
        module.Begin(Stage);
        using var epochs = new EpochRunner(module, Plan, StageIndex, images.Train, features.Train, null, device, type);
        BestWeights? best = Stage.EarlyStopping is { } stopping ? new BestWeights(state, stopping.Patience, null) : null;
        for (int epoch = 1; epoch <= Stage.Epochs && best?.IsOver != true; epoch++)
        {
            epochs.SetLearningRate(Stage.Schedule.LearningRate(epoch, Stage.Epochs, Stage.Optimizer.LearningRate));
            random.manual_seed(new SeededRandom(Plan.Seed, StageIndex, epoch, order.Length).NextSeed());
            order.AsSpan().Sort();
            new SeededRandom(Plan.Seed, StageIndex, epoch).Shuffle<long>(order);
            (double loss, _) = epochs.Run(epoch, order, cancellation);
            if (!double.IsFinite(loss)) throw spec.Stage(StageIndex).Error(TrainingDiagnostics.Diverged, Stage.Name, loss, epoch, Stage.Optimizer.LearningRate);
            if (best is null) continue;
            best.Add(epoch, Evaluation.Of(module, images.Validation, features.Validation!, Depth).Loss);
            module.Begin(Stage);
        }
        best?.Restore();
    }

    /// <summary>The output of the backbone.</summary>
    /// <param name="Train">For the training images, in all versions that the stage uses.</param>
    /// <param name="Held">For the training images without changes, on which heads are evaluated.</param>
    /// <param name="Mirrored">For the mirrored training images, if predictions use them; otherwise null.</param>
    /// <param name="Validation">For the validation images, if the stage ends early by them; otherwise null.</param>
    private sealed record FoldFeatures(Features Train, Features Held, Features? Mirrored, Features? Validation);
}
