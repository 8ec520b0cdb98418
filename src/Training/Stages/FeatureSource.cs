using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Processors;
using FineTune.Training.Ranks;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// Provides the features of stages. The pass that computes them for one stage also keeps the inputs of later stages that train more
/// layers, as long as the layers before them stay frozen. Images therefore pass through the body once for all stages.
/// </summary>
/// <param name="module">The network; features are computed with its current weights.</param>
/// <param name="spec">The spec.</param>
/// <param name="device">The device of the network.</param>
/// <param name="store">Stores the features.</param>
/// <param name="log">Receives progress.</param>
/// <param name="ranks">The ranks that share the passes.</param>
internal sealed class FeatureSource(
    NetworkModule module, SpecSource spec, Device device, TensorStore store, IProgressLog log, ICollectives ranks) : IDisposable
{
    private readonly PixelTransform _transform = PixelTransforms.Of(spec.Network);
    private readonly Dictionary<(ImageSet Images, ScalarType Precision, int Depth, bool IsMirrored), Features> _kept = [];

    private TrainingPlan Plan => spec.Plan;

    private Network Network => spec.Network;

    /// <summary>Whether the output of the first layers is worth keeping: pixels are smaller than the output of layers without weights.</summary>
    /// <param name="depth">The number of layers.</param>
    public bool IsWorthKeeping(int depth) => Network.Layers.Take(depth).Any(static l => l.Parameters > 0);

    /// <summary>The input of the layers that a stage trains.</summary>
    /// <param name="images">The images.</param>
    /// <param name="stage">The index of the stage.</param>
    /// <param name="precision">The type that the convolutions of frozen layers compute in.</param>
    /// <param name="what">The purpose of the features, for messages.</param>
    /// <param name="cancellation">Cancels the computation.</param>
    /// <param name="augmenter">Creates the versions of images; null for unchanged images.</param>
    /// <param name="views">The number of versions of each image.</param>
    /// <param name="isMirrored">Whether the images are mirrored.</param>
    /// <returns>The features. This source owns them until <see cref="Release"/>.</returns>
    /// <exception cref="TrainingException">There is no room for them.</exception>
    public Features Of(
        ImageSet images, int stage, ScalarType precision, string what, CancellationToken cancellation, Augmenter? augmenter = null, int views = 1,
        bool isMirrored = false)
    {
        int depth = Plan.FrozenPrefix(Plan.Stages[stage]);
        if (_kept.TryGetValue((images, precision, depth, isMirrored), out Features? known)) return known;

        // Pixels take a quarter of the space, and are stored anyway.
        if (augmenter is null && !IsWorthKeeping(depth))
        {
            var onDemand = Features.OnDemand(module.ForInference(0, depth, precision), images, _transform, device, isMirrored, ranks);
            _kept.Add((images, precision, depth, isMirrored), onDemand);
            return onDemand;
        }

        List<int> depths = [.. Depths(stage).Where(d => !_kept.ContainsKey((images, precision, d, isMirrored)))];
        var progress = new StageProgress(log, Network.ClassName, Plan.Stages[stage], views * images.Count);
        List<InferenceNetwork> parts = [];
        try
        {
            for (int i = 0; i < depths.Count; i++) parts.Add(module.ForInference(i == 0 ? 0 : depths[i - 1], depths[i], precision));
            IReadOnlyList<Features> computed = Features.Compute(
                parts, images, PassSize.Of(Network, depth, device), _transform, device, store, Told, ranks, augmenter, views, isMirrored, cancellation);
            for (int i = 0; i < depths.Count; i++) _kept.Add((images, precision, depths[i], isMirrored), computed[i]);
            return computed[^1];
        }
        catch (IOException e)
        {
            throw spec.DataSource.Error(e, TrainingDiagnostics.NoRoom, e.Message.TrimEnd('.') + ".");
        }
        finally
        {
            foreach (InferenceNetwork part in parts) part.Dispose();
        }

        void Told(int done, int all)
        {
            cancellation.ThrowIfCancellationRequested();
            progress.Step(what, done, all);
        }
    }

    /// <summary>Releases the features that no stage from <paramref name="stage"/> on needs.</summary>
    public void Release(int stage)
    {
        IReadOnlyList<int> needed = stage < Plan.Stages.Count ? Depths(stage) : [];
        foreach ((ImageSet Images, ScalarType Precision, int Depth, bool IsMirrored) key in _kept.Keys.Where(key => !needed.Contains(key.Depth)).ToList())
        {
            _kept.Remove(key, out Features? features);
            features!.Dispose();
        }
    }

    /// <inheritdoc />
    public void Dispose() => Release(Plan.Stages.Count);

    /// <summary>The depths after which the pass for a stage keeps the output, in ascending order: those that later stages share, and the stage's own.</summary>
    private IReadOnlyList<int> Depths(int stage)
    {
        int own = Plan.FrozenPrefix(Plan.Stages[stage]);
        SortedSet<int> depths = [own];
        int frozen = own;
        foreach (Stage later in Plan.Stages.Skip(stage + 1))
        {
            int depth = Plan.FrozenPrefix(later);
            bool isShared = depth <= frozen && IsWorthKeeping(depth) && SplitsNothing(depth)
                && PassSize.Of(Network, depth, device) == PassSize.Of(Network, own, device);
            if (isShared) depths.Add(depth);
            frozen = Math.Min(frozen, depth);
        }
        return [.. depths];
    }

    /// <summary>
    /// Whether a stage gets the same bytes if it computes its features itself: a pass through the layers on both sides must not
    /// fuse them.
    /// </summary>
    private bool SplitsNothing(int depth) => Network.Layers.ElementAtOrDefault(depth)?.Main is not (BatchNormPrimitive or ActivatePrimitive or AddPrimitive);
}
