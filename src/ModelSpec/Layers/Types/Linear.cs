using ModelSpec.Toml;

namespace ModelSpec.Layers.Types;

/// <summary><c>linear</c>: a fully connected layer.</summary>
internal sealed class LinearType() : LayerType("linear")
{
    public override HeadWord Head { get; } = new("linear(N)", static units => new Linear((int)units!.Value, true))
    {
        Argument = new HeadArgument(NumberRange.Closed(1, int.MaxValue), true, "a whole number of outputs, as in linear(256)"),
        Name = "fc",
        IsAlwaysNumbered = true,
        Reads = ShapeKind.Vector,
        GivesOutputs = true,
    };

    public override LayerDefinition Read(LayerKeys keys) => new Linear(keys.Whole("units"), keys.Flag("bias", true));
}

/// <summary>A fully connected layer of a vector, of each token, or of the channels of each pixel.</summary>
internal sealed record Linear(int Units, bool Bias) : LayerDefinition
{
    public override string Type => "Linear";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => new(
        inputs[0] with { Channels = Units }, [new LinearPrimitive(inputs[0].Channels, Units, Bias, inputs[0].Kind)]);

    internal override string DescribeForDigest(Lowering lowered) => Bias ? "" : " bias False";
}
