using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Layers.Types;

/// <summary><c>batch_norm</c>: batch normalisation (Ioffe and Szegedy, arXiv:1502.03167).</summary>
internal sealed class BatchNormType() : LayerType("batch_norm")
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    public override HeadWord Head { get; } = new("batch_norm", static _ => new BatchNorm(Epsilon, Momentum));

    public override LayerDefinition Read(LayerKeys keys) =>
        new BatchNorm(keys.Number("epsilon", Epsilon, NumberRange.Above(0)), keys.Number("momentum", Momentum, NumberRange.Closed(0, 1)));
}

/// <summary>Batch normalisation over channels.</summary>
/// <param name="Epsilon">What is added to the variance.</param>
/// <param name="Momentum">As in PyTorch: the share of a new batch in the running statistics; 1 minus the momentum of Keras.</param>
internal sealed record BatchNorm(double Epsilon, double Momentum) : LayerDefinition
{
    public override string Type => "BatchNormalization";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind == ShapeKind.Tokens
        ? Lowering.Fail($"batch normalisation is not for sequences such as {inputs[0]}; use layer_norm")
        : new(inputs[0], [new BatchNormPrimitive(inputs[0].Channels, Epsilon, Momentum, inputs[0].Kind)]);

    internal override string DescribeForDigest(Lowering lowered) => $" epsilon {RoundTripNumber.Format(Epsilon)} momentum {RoundTripNumber.Format(Momentum)}";
}
