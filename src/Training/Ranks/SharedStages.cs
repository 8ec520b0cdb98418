using ModelSpec.Networks;
using ModelSpec.Plans;

namespace FineTune.Training.Ranks;

/// <summary>Decides whether the ranks share the steps of a stage, or rank 0 computes them alone.</summary>
internal static class SharedStages
{
    /// <summary>
    /// The floating-point operations per byte of gradient from which sharing a step is worthwhile. A processor of 500 GFLOP/s on a network of 10 Gbit/s,
    /// where a byte of gradient is sent and received once, computes 400 operations in the time of a byte. A linear layer has 1.5
    /// operations per byte and image of the batch, a 3 × 3 convolution on 14 × 14 positions 300.
    /// </summary>
    private const double WorthSharing = 400;

    /// <summary>The number of parts of a batch in a stage: 1 if rank 0 computes its steps alone. It does not depend on the machine.</summary>
    /// <param name="network">The network.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="ranks">The number of ranks.</param>
    public static int Parts(Network network, Stage stage, int ranks)
    {
        if (stage.Shards is { } shards) return shards;
        return ranks > 1 && OperationsPerByte(network, stage) >= WorthSharing ? ranks : 1;
    }

    /// <summary>The floating-point operations of a step, forward and backward, per byte of its gradient.</summary>
    public static double OperationsPerByte(Network network, Stage stage)
    {
        long multiplications = network.Layers.Where(stage.Trains).Sum(static layer => layer.Multiplications);
        long gradient = network.Layers.Where(stage.Trains).Sum(static layer => layer.LearntParameters);
        // Forward, and the gradients of the input and of the weights: each a multiplication and an addition.
        return 3.0 * 2 * multiplications * stage.BatchSize / Math.Max(1, gradient * sizeof(float));
    }
}
