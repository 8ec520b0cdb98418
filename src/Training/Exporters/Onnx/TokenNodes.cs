using FineTune.Pipeline;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>Sequences of tokens.</summary>
internal static class TokenNodes
{
    /// <summary>Pixels as tokens: <c>[N, H, W, C]</c> to <c>[N, H·W, C]</c>.</summary>
    public static string AddTokens(OnnxGraph graph, string name, string input, IReadOnlyList<long> shape) =>
        graph.Add("Reshape", name, [input, graph.Integers(0, shape[0], shape[1])]);

    /// <summary>The first token: <c>[N, T, C]</c> to <c>[N, C]</c>.</summary>
    public static string AddFirst(OnnxGraph graph, string name, string input)
    {
        string first = graph.Add("Slice", $"{name}/slice", [input, graph.Integers(0), graph.Integers(1), graph.Integers(1)]);
        return graph.Add("Squeeze", name, [first, graph.Integers(1)]);
    }

    /// <summary>A token before the others, for each image of the batch.</summary>
    public static string AddPrepended(OnnxGraph graph, string name, string input, TrainedTensor token)
    {
        string images = graph.Add("Shape", $"{name}/images", [input], Attribute("start", 0L), Attribute("end", 1L));
        string shape = graph.Add("Concat", $"{name}/shape", [images, graph.Integers(1, token.Shape[2])], Attribute("axis", 0L));
        string tokens = graph.Add("Expand", $"{name}/tokens", [graph.Constant(token.Key, token.Values.Span, [.. token.Shape]), shape]);
        return graph.Add("Concat", name, [tokens, input], Attribute("axis", 1L));
    }

    /// <summary>A learnt sequence added.</summary>
    public static string AddSequence(OnnxGraph graph, string name, string input, TrainedTensor sequence) =>
        graph.Add("Add", name, [input, graph.Constant(sequence.Key, sequence.Values.Span, [.. sequence.Shape])]);
}
