using FineTune.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// Sets whole images of a batch to zero while it learns, and scales the others so that the mean stays (Huang et al., Deep Networks with Stochastic
/// Depth). Does nothing in evaluation mode.
/// </summary>
/// <param name="probability">The share of images that is dropped, in [0, 1].</param>
public sealed class StochasticDepth(double probability) : nn.Module<Tensor, Tensor>(nameof(StochasticDepth)), IRandomDrop
{
    /// <summary>The share of images that is dropped.</summary>
    public double Probability => probability;

    bool IRandomDrop.IsIdentity => !training;

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!training || probability == 0) return input.alias();
        using DisposeScope scope = NewDisposeScope();
        double kept = 1 - probability;
        long[] shape = [input.shape[0], .. Enumerable.Repeat(1L, (int)input.dim() - 1)];
        Tensor factors = empty(shape, dtype: input.dtype, device: input.device).bernoulli_(kept);
        if (kept > 0) factors = factors.div_(kept);
        return (input * factors).MoveToOuterDisposeScope();
    }
}
