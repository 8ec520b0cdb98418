namespace ModelSpec.Layers.Types;

/// <summary><c>attention</c>: self-attention with several heads (Vaswani et al., arXiv:1706.03762).</summary>
internal sealed class AttentionType() : LayerType("attention")
{
    public override LayerDefinition Read(LayerKeys keys) => new Attention(keys.Whole("heads"));
}

/// <summary>Self-attention of a sequence, <c>[N, T, C]</c> to <c>[N, T, C]</c>, with the tensors of PyTorch's <c>MultiheadAttention</c>.</summary>
/// <param name="Heads">How many heads share the channels.</param>
internal sealed record Attention(int Heads) : LayerDefinition
{
    public override string Type => "MultiHeadAttention";

    internal override Lowering Lower(IReadOnlyList<Shape> inputs, double widthMultiplier)
    {
        Shape input = inputs[0];
        if (input.Kind != ShapeKind.Tokens) return Lowering.Fail($"attention needs a sequence, not {input}; put tokens before it");
        return input.Channels % Heads != 0
            ? Lowering.Fail($"{Show(Heads)} heads do not divide the channels of {input} evenly")
            : new(input, [new AttentionPrimitive(input.Channels, Heads)]);
    }

    internal override string DescribeForDigest(Lowering lowered) => $" heads {Show(Heads)}";
}
