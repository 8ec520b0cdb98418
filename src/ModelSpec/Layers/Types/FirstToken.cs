namespace ModelSpec.Layers.Types;

/// <summary><c>first_token</c>: the first token of a sequence.</summary>
internal sealed class FirstTokenType() : LayerType("first_token")
{
    public override LayerDefinition Read(LayerKeys keys) => new FirstToken();
}

/// <summary>The first token of a sequence as a vector: <c>[N, T, C]</c> to <c>[N, C]</c>.</summary>
internal sealed record FirstToken : LayerDefinition
{
    public override string Type => "FirstToken";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind != ShapeKind.Tokens
        ? Lowering.Fail($"only a sequence has a first token, not {inputs[0]}")
        : new(Shape.Vector(inputs[0].Channels), [new ReshapePrimitive(Reshaping.TakeFirstToken)]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
