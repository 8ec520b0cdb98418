using static TorchSharp.torch;

namespace FineTune;

/// <summary>The mean or the maximum of each channel: <c>[N, C, H, W]</c> to <c>[N, C]</c>.</summary>
public sealed class GlobalPool2d(bool average) : nn.Module<Tensor, Tensor>(nameof(GlobalPool2d))
{
    /// <inheritdoc />
    public override Tensor forward(Tensor input) => average ? input.mean([2, 3]) : input.amax([2, 3]);
}
