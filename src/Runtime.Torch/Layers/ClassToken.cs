using static TorchSharp.torch;

namespace FineTune;

/// <summary>Puts a learnt token before a sequence: <c>[N, T, C]</c> to <c>[N, T + 1, C]</c>. The token, <c>[1, 1, C]</c>, begins as zeros.</summary>
/// <param name="channels">C.</param>
/// <param name="device">Where the token is; the default device if null.</param>
public sealed class ClassToken(long channels, Device? device = null) : ParameterLayer(nameof(ClassToken), zeros(1, 1, channels, device: device))
{
    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using Tensor repeated = Value.expand(input.shape[0], -1, -1);
        return cat([repeated, input], dim: 1);
    }
}
