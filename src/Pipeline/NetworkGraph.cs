namespace FineTune.Pipeline;

/// <summary>
/// What a trained network computes when it predicts: operations, of which each comes after those that it reads. What only training does, such
/// as dropout, is left out.
/// </summary>
/// <param name="Nodes">The operations. The first is the input, the last the softmax that makes probabilities of the logits.</param>
/// <param name="Embedding">
/// The index of the node whose output is the backbone's. Features of an image are that output, averaged over rows and columns where it has them.
/// </param>
/// <param name="Logits">The index of the node whose output is the logits <c>[N, classes]</c>.</param>
/// <param name="Mirror">
/// Whether the network also looks at the image with its columns in reverse order, and the mean of both probabilities is the answer.
/// </param>
public sealed record NetworkGraph(IReadOnlyList<NetworkNode> Nodes, int Embedding, int Logits, bool Mirror)
{
    /// <summary>
    /// What the logits are divided by before the softmax; 1 for a network that is not calibrated. With <see cref="Mirror"/>, the logarithms of the
    /// mean of both probabilities are divided, and the softmax of that is the answer.
    /// </summary>
    public double Temperature { get; init; } = 1;
}

/// <summary>An operation in its place in a network.</summary>
/// <param name="Name">The name of the layer that it belongs to, with a suffix if it is not the layer's main operation. Every node has another name.</param>
/// <param name="Operation">What it does.</param>
/// <param name="Inputs">The indices of the nodes that it reads, all smaller than its own.</param>
/// <param name="Shape">
/// What it puts out for one image, in PyTorch's order: <c>[C, H, W]</c>, <c>[T, C]</c> for a sequence of T tokens, or <c>[C]</c>.
/// </param>
public sealed record NetworkNode(string Name, Operation Operation, IReadOnlyList<int> Inputs, IReadOnlyList<long> Shape);
