using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Layers.Types;

/// <summary><c>layer_scale</c>: a learnt factor for each channel (Touvron et al., arXiv:2103.17239).</summary>
internal sealed class LayerScaleType() : LayerType("layer_scale")
{
    public override LayerDefinition Read(LayerKeys keys) => new LayerScale(keys.Number("initial", 1e-6, NumberRange.Closed(-1e6, 1e6)));
}

/// <summary>A learnt factor for each channel of an image.</summary>
/// <param name="Initial">The initial value of every factor.</param>
internal sealed record LayerScale(double Initial) : LayerDefinition
{
    public override string Type => "LayerScale";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind != ShapeKind.Image
        ? Lowering.Fail($"the channels of an image are scaled, not {inputs[0]}")
        : new(inputs[0], [new ParameterPrimitive(ParameterUse.Scale, [inputs[0].Channels, 1, 1], Initial)]);

    internal override string DescribeForDigest(Lowering lowered) => $" initial {RoundTripNumber.Format(Initial)}";
}
