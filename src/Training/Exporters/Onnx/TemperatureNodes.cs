using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The softmax of a network at its temperature.</summary>
internal static class TemperatureNodes
{
    /// <summary>Adds probabilities. The logits of the file stay as they are; only what the softmax reads is divided.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="name">What the probabilities are called.</param>
    /// <param name="logits">The name of the logits <c>[N, classes]</c>, to which a constant may be added.</param>
    /// <param name="temperature">What they are divided by.</param>
    public static void AddSoftmax(OnnxGraph graph, string name, string logits, double temperature)
    {
        if (temperature != 1) logits = graph.Add("Mul", $"{name}/scaled", [logits, graph.Number((float)(1 / temperature))]);
        graph.Add("Softmax", name, [logits], Attribute("axis", 1L));
    }
}
