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
        int views = network.Augmentation?.Views ?? 1;
        // The pass for one stage keeps those of later stages, too.
        long features = network.Stages.Select(network.FrozenPrefix).Distinct()
            .Sum(depth => (long)views * split.Count * network.Layers[Math.Max(depth - 1, 0)].Output.Elements * sizeof(float));
        long weights = network.Layers.Sum(static l => l.Parameters) * sizeof(float);
        return Base + weights + Math.Min(pixels + features, budget) + network.Stages.Max(stage => OfSteps(network, stage));
    }

    private static long OfSteps(Network network, Stage stage)
    {
        int depth = network.FrozenPrefix(stage);
        long learnt = 3 * network.TrainableParameters(stage) * sizeof(float);
        long activations = (long)stage.BatchSize * sizeof(float)
            * Math.Max(2 * network.Layers.Skip(depth).Sum(static l => (long)l.Output.Elements), 4 * network.Layers.Max(static l => (long)l.Output.Elements));
        return learnt + activations;
    }
}
