using FineTune.Pipeline;
using FineTune.Training.Exporters.Onnx.Format;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>Pools, and zeros that are around something else than a convolution. All take <c>[N, C, H, W]</c>.</summary>
internal static class PoolNodes
{
    /// <summary>Rows and columns of zeros.</summary>
    public static string AddPad(OnnxGraph graph, string name, string input, PadOperation pad) =>
        // With axes of their own: ONNX Runtime takes other zeros into the pool after them, even where a pool cannot have as many.
        graph.Add("Pad", name, [input, graph.Integers(pad.Top, pad.Left, pad.Bottom, pad.Right), "", graph.Integers(2, 3)]);

    /// <summary>The maximum or the average of each window.</summary>
    public static string AddWindow(OnnxGraph graph, string name, string input, WindowPoolOperation pool)
    {
        (Extent2D kernel, Extent2D stride, Extent2D padding) = (pool.Kernel, pool.Stride, pool.Padding);
        List<AttributeProto> attributes =
        [
            Attribute("kernel_shape", kernel.Height, kernel.Width),
            Attribute("strides", stride.Height, stride.Width),
            Attribute("pads", padding.Height, padding.Width, padding.Height, padding.Width),
        ];
        if (pool.IsAverage) attributes.Add(Attribute("count_include_pad", pool.IncludesPadding ? 1L : 0));
        return graph.Add(pool.IsAverage ? "AveragePool" : "MaxPool", name, [input], [.. attributes]);
    }

    /// <summary>The maximum or the average of each channel.</summary>
    public static string AddGlobal(OnnxGraph graph, string name, string input, GlobalPoolOperation pool)
    {
        string type = pool.IsAverage ? "GlobalAveragePool" : "GlobalMaxPool";
        return pool.Keeps
            ? graph.Add(type, name, [input])
            : graph.Add("Flatten", name, [graph.Add(type, $"{name}/pool", [input])], Attribute("axis", 1L));
    }
}
