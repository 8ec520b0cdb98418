using FineTune.Training.Data;
using ModelSpec.Networks;

namespace FineTune.Training.Stages;

/// <summary>Estimates the memory that a training needs at its peak.</summary>
internal static class MemoryNeed
{
    /// <summary>libtorch and the runtime by themselves.</summary>
    private const long Base = 400L << 20;

    /// <summary>
    /// Decoded images, kept features, weights with gradients and two figures of the optimizer for each, and the activations of a batch,
    /// twice where they are learnt through.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="split">The images.</param>
    /// <param name="budget">The most that decoded images and kept features take.</param>
    /// <returns>Bytes.</returns>
    public static long Of(Network network, DatasetSplit split, long budget)
    {
        long pixels = (long)split.Count * network.InputHeight * network.InputWidth * 3;
        long weights = network.Layers.Sum(static l => l.Parameters) * sizeof(float);
        return Base + weights + network.Stages.Max(stage => OfStage(network, stage, split.Count, pixels, budget));
    }

    private static long OfStage(Network network, Stage stage, int images, long pixels, long budget)
    {
        int depth = network.FrozenPrefix(stage);
        int views = network.Augmentation?.Views ?? 1;
        long features = (long)views * images * network.Layers[Math.Max(depth - 1, 0)].Output.Elements * sizeof(float);
        long learnt = 3 * network.TrainableParameters(stage) * sizeof(float);
        long activations = (long)stage.BatchSize * sizeof(float)
            * Math.Max(2 * network.Layers.Skip(depth).Sum(static l => (long)l.Output.Elements), 4 * network.Layers.Max(static l => (long)l.Output.Elements));
        return Math.Min(pixels + features, budget) + learnt + activations;
    }
}
