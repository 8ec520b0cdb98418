namespace ModelSpec.Layers.Types;

/// <summary><c>tokens</c>: an image's pixels as a sequence.</summary>
internal sealed class TokensType() : LayerType("tokens")
{
    public override LayerDefinition Read(LayerKeys keys) => new Tokens();
}

/// <summary>Pixels, row by row, as a sequence of tokens: <c>[N, C, H, W]</c> to <c>[N, H·W, C]</c>.</summary>
internal sealed record Tokens : LayerDefinition
{
    public override string Type => "Tokens";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind != ShapeKind.Image
        ? Lowering.Fail($"tokens are made of rows and columns, not of {inputs[0]}")
        : new(Shape.Sequence(inputs[0].Height * inputs[0].Width, inputs[0].Channels), [new ReshapePrimitive(Reshaping.ToTokens)]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
