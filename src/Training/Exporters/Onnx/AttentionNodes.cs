using FineTune.Pipeline;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>Self-attention, of matrix products and a softmax.</summary>
internal static class AttentionNodes
{
    /// <summary>Adds the attention of a sequence <c>[N, T, C]</c> to itself.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="name">The output's name.</param>
    /// <param name="input">The sequence.</param>
    /// <param name="shape">T and C.</param>
    /// <param name="attention">The operation.</param>
    /// <param name="tensors">The weights.</param>
    public static string Add(OnnxGraph graph, string name, string input, IReadOnlyList<long> shape, AttentionOperation attention, TrainedTensors tensors)
    {
        (int tokens, int channels, int heads) = ((int)shape[0], (int)shape[1], attention.Heads);
        ReadOnlySpan<float> weight = tensors.Take(attention.InWeight).Values.Span, bias = tensors.Take(attention.InBias).Values.Span;
        // The factor of the products of queries and keys goes into the queries.
        double scale = 1 / Math.Sqrt((double)channels / heads);
        string queries = Project("queries", 0, scale, weight, bias, 0, 2, 1, 3);
        string keys = Project("keys", 1, 1, weight, bias, 0, 2, 3, 1);
        string values = Project("values", 2, 1, weight, bias, 0, 2, 1, 3);
        string products = graph.Add("MatMul", $"{name}/products", [queries, keys]);
        string shares = graph.Add("Softmax", $"{name}/shares", [products], Attribute("axis", -1L));
        string mixed = graph.Add("MatMul", $"{name}/mixed", [shares, values]);
        string together = graph.Add("Transpose", $"{name}/together", [mixed], Attribute("perm", 0, 2, 1, 3));
        string joined = graph.Add("Reshape", $"{name}/joined", [together, graph.Integers(0, tokens, channels)]);
        return LearntNodes.AddRows(graph, name, joined, LearntWeights.Take(attention.OutWeight, attention.OutBias, null, tensors));

        // [N, T, C] to [N, heads, T, C / heads], or to its transpose for keys.
        string Project(string part, int index, double factor, ReadOnlySpan<float> all, ReadOnlySpan<float> added, params long[] order)
        {
            int size = channels * channels;
            var affine = new ChannelAffine([.. Enumerable.Repeat(factor, channels)], new double[channels]);
            (float[] folded, float[] offset) = affine.Fold(all.Slice(index * size, size), added.Slice(index * channels, channels));
            var weights = new LearntWeights($"{attention.InWeight}/{part}", folded, [channels, channels], $"{attention.InBias}/{part}", offset);
            string projected = LearntNodes.AddRows(graph, $"{name}/{part}", input, weights);
            string split = graph.Add("Reshape", $"{name}/{part}/heads", [projected, graph.Integers(0, tokens, heads, channels / heads)]);
            return graph.Add("Transpose", $"{name}/{part}/turned", [split], Attribute("perm", order));
        }
    }
}
