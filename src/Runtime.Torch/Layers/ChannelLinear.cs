using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// A linear layer at every pixel: <c>[N, I, H, W]</c> to <c>[N, O, H, W]</c>, fastest in channels-last order, which the result has. The weight
/// <c>[O, I]</c> and the bias <c>[O]</c> begin as those of <see cref="Linear"/> do.
/// </summary>
public sealed class ChannelLinear : LearntLayer
{
    private const string WeightKey = "weight";
    private const string BiasKey = "bias";

    /// <summary>Makes the layer.</summary>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="hasBias">Whether it has a bias.</param>
    /// <param name="device">Where the parameters are; the default device if null.</param>
    public ChannelLinear(long inputs, long outputs, bool hasBias = true, Device? device = null)
        : base(nameof(ChannelLinear))
    {
        double bound = 1 / Math.Sqrt(inputs);
        Own(WeightKey, nn.init.kaiming_uniform_(empty(outputs, inputs, device: device), a: Math.Sqrt(5)));
        if (hasBias) Own(BiasKey, nn.init.uniform_(empty(outputs, device: device), -bound, bound));
    }

    /// <summary>The factors <c>[O, I]</c>.</summary>
    public Parameter Weight => Get(WeightKey);

    /// <summary>What is added to each output <c>[O]</c>, or null.</summary>
    public Parameter? Bias => get_parameter(BiasKey);

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using Tensor pixels = input.permute(0, 2, 3, 1);
        using Tensor result = nn.functional.linear(pixels, Weight, Bias);
        return result.permute(0, 3, 1, 2);
    }
}
