using static FineTune.Training.Exporters.Onnx.OnnxGraph;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// The second look of a network, at the mirrored images: both go through it as one batch. The probabilities are the mean of both; logits and features are
/// those of the images as they are.
/// </summary>
internal static class MirrorNodes
{
    /// <summary>Puts the mirrored images after the images.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="input"><c>[N, 3, H, W]</c>.</param>
    /// <returns>The name of <c>[2 N, 3, H, W]</c>.</returns>
    public static string AddBefore(OnnxGraph graph, string input)
    {
        string mirrored = graph.Add(
            "Slice", "mirrored", [input, graph.Integers(-1), graph.Integers(long.MinValue), graph.Integers(3), graph.Integers(-1)]);
        return graph.Add("Concat", "both", [input, mirrored], Attribute("axis", 0L));
    }

    /// <summary>Adds the outputs of the file.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="logits">The name of <c>[2 N, classes]</c>.</param>
    /// <param name="features">The name of <c>[2 N, C]</c>.</param>
    /// <param name="temperature">What the logarithms of the mean probabilities are divided by.</param>
    public static void AddAfter(OnnxGraph graph, string logits, string features, double temperature)
    {
        string[] parts = Halve(OnnxNames.Logits, logits);
        Halve(OnnxNames.Features, features);
        string[] looks = [.. parts.Select(part => graph.Add("Softmax", $"{part}/softmax", [part], Attribute("axis", 1L)))];
        string sum = graph.Add("Add", "looks", looks);
        if (temperature == 1) graph.Add("Mul", OnnxNames.Probabilities, [sum, graph.Number(0.5f)]);
        else TemperatureNodes.AddSoftmax(graph, OnnxNames.Probabilities, graph.Add("Log", "looks/log", [sum]), temperature);

        string[] Halve(string name, string both) => graph.Add("Split", [name, $"{name}/mirrored"], [both], Attribute("axis", 0L), Attribute("num_outputs", 2L));
    }
}
