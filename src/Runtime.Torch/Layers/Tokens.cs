using static TorchSharp.torch;

namespace FineTune;

/// <summary>Each pixel as a token, row by row: <c>[N, C, H, W]</c> to <c>[N, H · W, C]</c>.</summary>
public sealed class Tokens() : nn.Module<Tensor, Tensor>(nameof(Tokens))
{
    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using Tensor pixels = input.permute(0, 2, 3, 1);
        return pixels.flatten(1, 2);
    }
}
