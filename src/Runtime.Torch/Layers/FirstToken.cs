using static TorchSharp.torch;

namespace FineTune;

/// <summary>The first token of a sequence: <c>[N, T, C]</c> to <c>[N, C]</c>.</summary>
public sealed class FirstToken() : nn.Module<Tensor, Tensor>(nameof(FirstToken))
{
    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.select(1, 0);
    }
}
