using FineTune.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>
/// Dropout of numbers (Srivastava et al. 2014), or of whole images (stochastic depth, Huang et al. 2016). A pass through a part of a batch draws the
/// random numbers of the whole batch, so that an image loses the same numbers whichever rank computes it.
/// </summary>
/// <param name="probability">The share that is dropped, in [0, 1].</param>
/// <param name="wholeImages">Whether whole images are dropped.</param>
internal sealed class BatchDropout(double probability, bool wholeImages) : nn.Module<Tensor, Tensor>(nameof(BatchDropout)), IRandomDrop
{
    /// <summary>The part of the batch that the next pass computes; null if it computes all of it.</summary>
    public BatchRows? Rows { get; set; }

    /// <inheritdoc />
    public bool IsIdentity => !training;

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        if (!training || probability == 0) return input.alias();
        using DisposeScope scope = NewDisposeScope();
        double kept = 1 - probability;
        long images = input.shape[0];
        long[] shape = [Rows?.All ?? images, .. wholeImages ? Enumerable.Repeat(1L, (int)input.dim() - 1) : input.shape[1..]];
        Tensor factors = (Rows is null && !wholeImages ? empty_like(input) : empty(shape, dtype: input.dtype, device: input.device)).bernoulli_(kept);
        if (kept > 0) factors = factors.div_(kept);
        if (Rows is not null) factors = factors.narrow(0, Rows.First, images);
        return (input * factors).MoveToOuterDisposeScope();
    }
}
