using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Data;
using FineTune.Training.Modules;
using FineTune.Training.Processors;
using FineTune.Training.Ranks;
using ModelSpec.Layers;
using ModelSpec.Plans;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>Trains a stage step by step.</summary>
internal sealed class EpochRunner : IDisposable
{
    private readonly NetworkModule _module;
    private readonly int _index;
    private readonly ImageSet _images;
    private readonly Features? _features;
    private readonly Device _device;
    private readonly ScalarType _precision;
    private readonly Augmenter? _augmenter;
    private readonly int _depth;
    private readonly InferenceNetwork? _prefix;
    private readonly PixelTransform? _transform;
    private readonly IReadOnlyList<RateGroup> _groups;
    private readonly Tensor? _classWeights;
    private readonly bool _needsTwo;
    private readonly ICollectives _ranks;
    private readonly PartedGradient? _parted;

    /// <summary>Prepares a stage's steps.</summary>
    /// <param name="module">The network, prepared for the stage.</param>
    /// <param name="plan">The plan that the stage belongs to.</param>
    /// <param name="index">The index of the stage.</param>
    /// <param name="images">The training images, all decoded.</param>
    /// <param name="features">The input of the layers that learn, or null to compute it for each batch.</param>
    /// <param name="augmenter">Creates the versions of images if there are no features; null for unchanged images.</param>
    /// <param name="device">The device of the network.</param>
    /// <param name="precision">The type that convolutions compute in.</param>
    /// <param name="ranks">The ranks that share each step, or wait for this one; by default, there is only this one.</param>
    /// <param name="parts">The parts of a batch whose gradients are computed one by one: 1, or a multiple of the number of ranks.</param>
    public EpochRunner(
        NetworkModule module, TrainingPlan plan, int index, ImageSet images, Features? features, Augmenter? augmenter, Device device, ScalarType precision,
        ICollectives? ranks = null, int parts = 1)
    {
        _module = module;
        _index = index;
        _images = images;
        _features = features;
        _augmenter = augmenter;
        _device = device;
        _precision = precision;
        _ranks = ranks ?? SingleRank.Instance;
        Stage = plan.Stages[index];
        _depth = plan.FrozenPrefix(Stage);
        if (features is null)
        {
            _prefix = module.ForInference(0, _depth, precision);
            _transform = PixelTransforms.Of(module.Network);
        }
        _groups = module.RateGroups(plan, Stage);
        Optimizer = Optimizers.Create(Stage.Optimizer, _groups);
        if (Stage.Regularization.BalancedClasses)
        {
            _classWeights = tensor(ClassWeights.Balanced(images.LabelsOf(images.Readable()), module.Network.Classes.Count), device: device);
        }
        // Batch normalisation cannot compute a variance from a single image.
        _needsTwo = module.Network.Layers.Any(layer => layer.Main is BatchNormPrimitive && !Stage.Freezes(layer));
        if (parts > 1)
        {
            _parted = new PartedGradient(
                _ranks, new BatchParts(_ranks, parts, _needsTwo ? 2 : 1), [.. _groups.SelectMany(static group => group.Parameters)],
                module.RunningStatistics(Stage), module.BatchCounters(Stage));
        }
    }

    /// <summary>The optimizer.</summary>
    public OptimizerHelper Optimizer { get; }

    private Stage Stage { get; }

    /// <summary>Sets the stage's learning rate for the coming epochs; groups of the backbone follow with their own factors.</summary>
    public void SetLearningRate(double learningRate) => Optimizers.SetLearningRate(Optimizer, _groups, learningRate);

    /// <summary>Trains on every image once.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="order">The images in the order in which they are trained on.</param>
    /// <param name="cancellation">Cancels the epoch before its next step.</param>
    /// <returns>The mean loss, and the share of correct answers in [0, 1], for the images that were used.</returns>
    public (double Loss, double Accuracy) Run(int epoch, ReadOnlySpan<long> order, CancellationToken cancellation)
    {
        using DisposeScope epochScope = NewDisposeScope();
        // Summed on the device and read once per epoch, so that the device does not wait for the host at every step.
        Tensor lossSum = zeros(1, device: _device);
        Tensor correct = zeros(1, dtype: ScalarType.Int64, device: _device);
        int trained = 0;
        for (int start = 0; start < order.Length; start += Stage.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            _ranks.Attend();
            ReadOnlySpan<long> batch = order.Slice(start, Math.Min(Stage.BatchSize, order.Length - start));
            if (batch.Length == 1 && _needsTwo && order.Length > 1) continue;
            if (_parted is null) Step(epoch, batch, lossSum, correct);
            else StepInParts(_parted, epoch, batch, lossSum, correct);
            trained += batch.Length;
        }
        return (lossSum.item<float>() / trained, (double)correct.item<long>() / trained);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Optimizer.Dispose();
        _classWeights?.Dispose();
        _parted?.Dispose();
        _prefix?.Dispose();
    }

    private void Step(int epoch, ReadOnlySpan<long> batch, Tensor lossSum, Tensor correct)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = _features?.Of(batch, epoch) ?? RunPrefix(batch, epoch);
        Tensor labels = tensor(_images.LabelsOf(batch), device: _device);

        Tensor logits = _module.Forward(input, _depth, _module.Network.Layers.Count, _precision);
        Tensor loss = nn.functional.cross_entropy(logits, labels, _classWeights, label_smoothing: Stage.Regularization.LabelSmoothing);
        Optimizer.zero_grad();
        loss.backward();
        if (Stage.Regularization.ClipNorm is { } norm) nn.utils.clip_grad_norm_(_groups.SelectMany(static group => group.Parameters), norm);
        Optimizer.step();

        lossSum.add_(loss.detach(), batch.Length);
        correct.add_(logits.detach().argmax(1).eq(labels).sum());
    }

    /// <summary>A step whose gradient is the sum over parts of the batch, some of which other ranks compute.</summary>
    private void StepInParts(PartedGradient gradient, int epoch, ReadOnlySpan<long> batch, Tensor lossSum, Tensor correct)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] labels = _images.LabelsOf(batch);
        // The loss is a mean over the batch, so each part is divided by the weight of the whole batch.
        double weight = _classWeights is null ? batch.Length : _classWeights.index_select(0, tensor(labels, device: _device)).sum().item<float>();
        byte[]? drawn = _module.Draws(Stage) ? RandomState.Get() : null;
        bool isEmpty = true;
        gradient.Begin();
        foreach ((int first, int count) in gradient.Parts.Own(batch.Length))
        {
            if (count == 0)
            {
                gradient.AddNothing();
                continue;
            }
            isEmpty = false;
            using DisposeScope partScope = NewDisposeScope();
            // Every part draws the numbers of the whole batch, from the same state of the generator.
            if (drawn is not null) RandomState.Set(drawn);
            Tensor logits = ForwardPart(epoch, batch, first, count);
            Tensor truth = tensor(labels.AsSpan(first, count).ToArray(), device: _device);
            Tensor loss = nn.functional.cross_entropy(
                logits, truth, _classWeights, reduction: nn.Reduction.Sum, label_smoothing: Stage.Regularization.LabelSmoothing) / weight;
            Optimizer.zero_grad();
            loss.backward();
            gradient.Add(loss.item<float>(), logits.detach().argmax(1).eq(truth).sum().item<long>(), (double)count / batch.Length);
        }
        if (isEmpty && drawn is not null)
        {
            // Draws what the other ranks draw.
            using IDisposable noGradient = no_grad();
            ForwardPart(epoch, batch, 0, Math.Min(batch.Length, gradient.Parts.LeastImages)).Dispose();
        }
        _module.Select(null);
        (float batchLoss, long right) = gradient.Finish();
        if (Stage.Regularization.ClipNorm is { } norm) nn.utils.clip_grad_norm_(_groups.SelectMany(static group => group.Parameters), norm);
        Optimizer.step();
        lossSum.add_(batchLoss * batch.Length);
        correct.add_(right);
    }

    /// <summary>The logits of some images of a batch.</summary>
    private Tensor ForwardPart(int epoch, ReadOnlySpan<long> batch, int first, int count)
    {
        ReadOnlySpan<long> part = batch.Slice(first, count);
        _module.Select(new BatchRows(batch.Length, first));
        Tensor input = _features?.Of(part, epoch) ?? RunPrefix(part, epoch);
        return _module.Forward(input, _depth, _module.Network.Layers.Count, _precision);
    }

    /// <summary>The frozen layers' output for a batch.</summary>
    private Tensor RunPrefix(ReadOnlySpan<long> batch, int epoch)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int passSize = PassSize.Of(_module.Network, _depth, _device);
        List<Tensor> outputs = [];
        for (int start = 0; start < batch.Length; start += passSize)
        {
            ReadOnlySpan<long> part = batch.Slice(start, Math.Min(passSize, batch.Length - start));
            Tensor pixels = _images.Pixels.index_select(0, tensor(part.ToArray())).to(_device);
            Tensor augmented = _augmenter?.Apply(pixels, part, _index, epoch) ?? pixels;
            outputs.Add(_prefix!.Forward(_transform!.Apply(augmented)).to_type(ScalarType.Float32));
        }
        return cat(outputs).MoveToOuterDisposeScope();
    }
}
