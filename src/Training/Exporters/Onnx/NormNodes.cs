using FineTune.Pipeline;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>Normalisations that stay operators of their own.</summary>
internal static class NormNodes
{
    /// <summary>Batch normalisation of <c>[N, C, H, W]</c> or <c>[N, C]</c>.</summary>
    public static string Add(OnnxGraph graph, string name, string input, BatchNormOperation norm, TrainedTensors tensors) => graph.Add(
        "BatchNormalization", name,
        [input, Constant(graph, tensors, norm.Weight), Constant(graph, tensors, norm.Bias), Constant(graph, tensors, norm.Mean), Constant(graph, tensors, norm.Variance)],
        Attribute("epsilon", (float)norm.Epsilon));

    /// <summary>Layer normalisation of the last dimension.</summary>
    public static string Add(OnnxGraph graph, string name, string input, LayerNormOperation norm, TrainedTensors tensors) => graph.Add(
        "LayerNormalization", name, [input, Constant(graph, tensors, norm.Weight), Constant(graph, tensors, norm.Bias)],
        Attribute("axis", -1L), Attribute("epsilon", (float)norm.Epsilon));

    private static string Constant(OnnxGraph graph, TrainedTensors tensors, string key)
    {
        TrainedTensor tensor = tensors.Take(key);
        return graph.Constant(key, tensor.Values.Span, [.. tensor.Shape]);
    }
}
