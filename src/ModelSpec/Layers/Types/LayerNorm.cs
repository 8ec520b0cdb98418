using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Layers.Types;

/// <summary><c>layer_norm</c>: layer normalisation (Ba, Kiros and Hinton, arXiv:1607.06450).</summary>
internal sealed class LayerNormType() : LayerType("layer_norm")
{
    public override LayerDefinition Read(LayerKeys keys) => new LayerNorm(keys.Number("epsilon", 1e-5, NumberRange.Above(0)));
}

/// <summary>Layer normalisation over the channels of each pixel, of each token, or of the vector.</summary>
internal sealed record LayerNorm(double Epsilon) : LayerDefinition
{
    public override string Type => "LayerNormalization";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) =>
        new(inputs[0], [new LayerNormPrimitive(inputs[0].Channels, Epsilon, inputs[0].Kind)]);

    internal override string DescribeForDigest(Lowering lowered) => $" epsilon {RoundTripNumber.Format(Epsilon)}";
}
