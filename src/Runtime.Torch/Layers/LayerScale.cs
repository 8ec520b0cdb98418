using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// Multiplies each channel by a learnt factor: <c>[N, C, H, W]</c> to the same (Touvron et al., Going deeper with Image Transformers). The factors,
/// <c>[C, 1, 1]</c>, begin as one number.
/// </summary>
/// <param name="channels">C.</param>
/// <param name="initial">The number.</param>
/// <param name="device">Where the factors are; the default device if null.</param>
public sealed class LayerScale(long channels, double initial = 1e-6, Device? device = null)
    : ParameterLayer(nameof(LayerScale), full(channels, 1, 1, initial, dtype: ScalarType.Float32, device: device))
{
    /// <inheritdoc />
    public override Tensor forward(Tensor input) => input * Value;
}
