using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// Normalises each pixel over its channels: <c>[N, C, H, W]</c> to the same, in channels-last order. The weight <c>[C]</c> begins as ones, the bias
/// <c>[C]</c> as zeros.
/// </summary>
public sealed class LayerNorm2d : LearntLayer
{
    private const string WeightKey = "weight";
    private const string BiasKey = "bias";
    private readonly long[] _shape;

    /// <summary>Makes the layer.</summary>
    /// <param name="channels">C.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="device">Where the parameters are; the default device if null.</param>
    public LayerNorm2d(long channels, double epsilon = 1e-5, Device? device = null)
        : base(nameof(LayerNorm2d))
    {
        _shape = [channels];
        Epsilon = epsilon;
        Own(WeightKey, ones(channels, device: device));
        Own(BiasKey, zeros(channels, device: device));
    }

    /// <summary>What is added to the variance.</summary>
    public double Epsilon { get; }

    /// <summary>The factor of each channel.</summary>
    public Parameter Weight => Get(WeightKey);

    /// <summary>What is added to each channel.</summary>
    public Parameter Bias => Get(BiasKey);

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using Tensor pixels = input.permute(0, 2, 3, 1);
        using Tensor normal = nn.functional.layer_norm(pixels, _shape, Weight, Bias, Epsilon);
        return normal.permute(0, 3, 1, 2);
    }
}
