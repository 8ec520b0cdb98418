namespace ModelSpec.Layers.Types;

/// <summary><c>position_embedding</c>: a learnt vector for each position of a sequence (Dosovitskiy et al., arXiv:2010.11929).</summary>
internal sealed class PositionEmbeddingType() : LayerType("position_embedding")
{
    public override LayerDefinition Read(LayerKeys keys) => new PositionEmbedding();
}

/// <summary>Adds a learnt vector to each token; each position has its own.</summary>
internal sealed record PositionEmbedding : LayerDefinition
{
    public override string Type => "PositionEmbedding";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier) => inputs[0].Kind != ShapeKind.Tokens
        ? Lowering.Fail($"only a sequence has places, not {inputs[0]}")
        : new(inputs[0], [new ParameterPrimitive(ParameterUse.Add, [1, inputs[0].Tokens, inputs[0].Channels], null)]);

    internal override string DescribeForDigest(Lowering lowered) => "";
}
