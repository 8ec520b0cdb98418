namespace ModelSpec.Layers.Types;

/// <summary><c>class_token</c>: a learnt token before a sequence (Dosovitskiy et al., arXiv:2010.11929).</summary>
internal sealed class ClassTokenType() : LayerType("class_token")
{
    public override LayerDefinition Read(LayerKeys keys) => new ClassToken();
}

/// <summary>A learnt token before a sequence: <c>[N, T, C]</c> to <c>[N, T + 1, C]</c>.</summary>
internal sealed record ClassToken : LayerDefinition
{
    public override string Type => "ClassToken";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind != ShapeKind.Tokens
        ? Lowering.Fail($"a token is put before a sequence, not before {inputs[0]}")
        : new(
            Shape.Sequence(inputs[0].Tokens + 1, inputs[0].Channels),
            [new ParameterPrimitive(ParameterUse.Prepend, [1, 1, inputs[0].Channels], 0)]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
