using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// Adds a learnt sequence: <c>[N, T, C]</c> to the same. The sequence, <c>[1, T, C]</c>, begins as normally distributed numbers of deviation 0.02.
/// </summary>
/// <param name="length">T.</param>
/// <param name="channels">C.</param>
/// <param name="device">Where the sequence is; the default device if null.</param>
public sealed class PositionEmbedding(long length, long channels, Device? device = null)
    : ParameterLayer(nameof(PositionEmbedding), empty(1, length, channels, device: device).normal_(0, 0.02))
{
    /// <inheritdoc />
    public override Tensor forward(Tensor input) => input + Value;
}
