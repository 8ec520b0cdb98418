using FineTune.Pipeline;
using FineTune.Training.Exporters.Onnx.Format;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>Convolutions and linear layers.</summary>
internal static class LearntNodes
{
    /// <summary>A convolution, with the zeros that are around its input.</summary>
    public static string AddConvolution(OnnxGraph graph, string name, string input, ConvolutionOperation convolution, PadOperation? pad, LearntWeights weights)
    {
        (Extent2D kernel, Extent2D padding) = (convolution.Kernel, convolution.Padding);
        return AddConvolution(
            graph, name, input, weights, weights.Shape,
            Attribute("kernel_shape", kernel.Height, kernel.Width),
            Attribute("strides", convolution.Stride.Height, convolution.Stride.Width),
            Attribute(
                "pads", padding.Height + (pad?.Top ?? 0), padding.Width + (pad?.Left ?? 0), padding.Height + (pad?.Bottom ?? 0), padding.Width + (pad?.Right ?? 0)),
            Attribute("dilations", convolution.Dilation.Height, convolution.Dilation.Width),
            Attribute("group", (long)convolution.Groups));
    }

    /// <summary>A linear layer of the channels of each pixel, <c>[N, C, H, W]</c>: a convolution with a window of one pixel.</summary>
    public static string AddPixels(OnnxGraph graph, string name, string input, LearntWeights weights) =>
        AddConvolution(graph, name, input, weights, [weights.Shape[0], weights.Shape[1], 1, 1], Attribute("kernel_shape", 1, 1));

    /// <summary>A linear layer of a vector <c>[N, C]</c>.</summary>
    public static string AddVector(OnnxGraph graph, string name, string input, LearntWeights weights)
    {
        List<string> inputs = [input, graph.Constant(weights.Key, weights.Weight.Span, weights.Shape[0], weights.Shape[1])];
        if (!weights.Bias.IsEmpty) inputs.Add(graph.Constant(weights.BiasKey, weights.Bias.Span, weights.Shape[0]));
        return graph.Add("Gemm", name, [.. inputs], Attribute("transB", 1L));
    }

    /// <summary>A linear layer of the last dimension, whatever is before it.</summary>
    public static string AddRows(OnnxGraph graph, string name, string input, LearntWeights weights)
    {
        string factors = graph.Constant(weights.Key, weights.Transpose(), weights.Shape[1], weights.Shape[0]);
        if (weights.Bias.IsEmpty) return graph.Add("MatMul", name, [input, factors]);
        string product = graph.Add("MatMul", $"{name}/product", [input, factors]);
        return graph.Add("Add", name, [product, graph.Constant(weights.BiasKey, weights.Bias.Span, weights.Shape[0])]);
    }

    private static string AddConvolution(
        OnnxGraph graph, string name, string input, LearntWeights weights, IReadOnlyList<long> shape, params ReadOnlySpan<AttributeProto> attributes)
    {
        List<string> inputs = [input, graph.Constant(weights.Key, weights.Weight.Span, [.. shape])];
        if (!weights.Bias.IsEmpty) inputs.Add(graph.Constant(weights.BiasKey, weights.Bias.Span, shape[0]));
        return graph.Add("Conv", name, [.. inputs], attributes);
    }
}
