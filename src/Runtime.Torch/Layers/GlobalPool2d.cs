using static TorchSharp.torch;

namespace FineTune;

/// <summary>The mean or the maximum of each channel: <c>[N, C, H, W]</c> to <c>[N, C]</c>.</summary>
/// <param name="average">Whether it is the mean.</param>
/// <param name="keep">Whether rows and columns stay: <c>[N, C, 1, 1]</c>.</param>
public sealed class GlobalPool2d(bool average, bool keep = false) : nn.Module<Tensor, Tensor>(nameof(GlobalPool2d))
{
    /// <inheritdoc />
    public override Tensor forward(Tensor input) => average ? input.mean([2, 3], keepdim: keep) : input.amax([2, 3], keepdim: keep);
}
