using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Layers.Types;

/// <summary><c>dropout</c>: zeros at random places, in training only.</summary>
internal sealed class DropoutType() : LayerType("dropout")
{
    public override HeadWord Head { get; } = new("dropout(P)", static probability => new Dropout(probability!.Value, false))
    {
        Argument = new HeadArgument(NumberRange.HalfOpen(0, 1), false, "a probability, as in dropout(0.5)"),
    };

    public override LayerDefinition Read(LayerKeys keys) => new Dropout(keys.Probability("probability"), false);
}

/// <summary><c>stochastic_depth</c>: leaves out a branch for random images, in training only (Huang et al., arXiv:1603.09382).</summary>
internal sealed class StochasticDepthType() : LayerType("stochastic_depth")
{
    public override LayerDefinition Read(LayerKeys keys) => new Dropout(keys.Probability("probability"), true);
}

/// <summary>Sets random numbers, or all numbers of random images, to zero, and scales the others by 1 / (1 - p).</summary>
/// <param name="Probability">The share of zeros, in [0, 1).</param>
/// <param name="WholeImages">Whether all numbers of an image are zero together.</param>
internal sealed record Dropout(double Probability, bool WholeImages) : LayerDefinition
{
    public override string Type => WholeImages ? "StochasticDepth" : "Dropout";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => new(inputs[0], [new DropPrimitive(Probability, WholeImages)]);

    internal override string DescribeForDigest(Lowering lowered) => $" probability {RoundTripNumber.Format(Probability)}";
}
