using FineTune.Training.Data;
using FineTune.Training.Processors;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace FineTune.Training.Stages;

/// <summary>Estimates the memory that a training needs at its peak.</summary>
internal static class MemoryNeed
{
    /// <summary>The memory of libtorch and the runtime alone.</summary>
    private const long Base = 400L << 20;

    /// <summary>
    /// Decoded images, stored features, weights with their gradients and two numbers of optimizer state each, and the activations of a batch,
    /// which count twice for layers that are trained.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="split">The images.</param>
    /// <param name="budget">The largest size of decoded images and stored features.</param>
    /// <returns>Bytes.</returns>
    public static long Of(TrainingPlan plan, DatasetSplit split, long budget)
    {
        Network network = plan.Network;
        long pixels = (long)split.Count * network.InputHeight * network.InputWidth * 3;
        int views = Augmenter.ViewsOf(plan);
        // The pass for one stage also stores the features of later stages.
        long features = plan.Stages.Select(plan.FrozenPrefix).Distinct()
            .Sum(depth => (long)views * split.Count * network.Layers[Math.Max(depth - 1, 0)].Output.Elements * sizeof(float));
        long weights = network.Layers.Sum(static l => l.Parameters) * sizeof(float);
        return Base + weights + Math.Min(pixels + features, budget) + plan.Stages.Max(stage => OfSteps(plan, stage));
    }

    private static long OfSteps(TrainingPlan plan, Stage stage)
    {
        Network network = plan.Network;
        int depth = plan.FrozenPrefix(stage);
        long learnt = 3 * plan.TrainableParameters(stage) * sizeof(float);
        long activations = (long)stage.BatchSize * sizeof(float)
            * Math.Max(2 * network.Layers.Skip(depth).Sum(static l => (long)l.Output.Elements), 4 * network.Layers.Max(static l => (long)l.Output.Elements));
        return learnt + activations;
    }
}
