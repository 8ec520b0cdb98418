namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// The output of an operation. An image has its channels first, as ONNX's convolutions and pools want it, or last, as its layer normalisation and
/// matrix products do. It is turned round where it is needed in the other order, and once.
/// </summary>
/// <param name="graph">Where operators are added.</param>
/// <param name="name">Its name in the graph.</param>
/// <param name="isImage">Whether it has rows and columns.</param>
/// <param name="isChannelsLast">Whether it is an image <c>[N, H, W, C]</c>.</param>
internal sealed class OnnxValue(OnnxGraph graph, string name, bool isImage, bool isChannelsLast)
{
    private string? _turned;

    /// <summary>Whether it is an image with its channels last.</summary>
    public bool IsChannelsLast => isChannelsLast;

    /// <summary>Its name as it is.</summary>
    public string Name => name;

    /// <summary>The name of <c>[N, C, H, W]</c>, or of the vector or sequence.</summary>
    public string ChannelsFirst => isChannelsLast ? _turned ??= Turn([0, 3, 1, 2], "channels_first") : name;

    /// <summary>The name of <c>[N, H, W, C]</c>, or of the vector or sequence.</summary>
    public string ChannelsLast => isImage && !isChannelsLast ? _turned ??= Turn([0, 2, 3, 1], "channels_last") : name;

    private string Turn(long[] order, string suffix) => graph.Add("Transpose", $"{name}/{suffix}", [name], OnnxGraph.Attribute("perm", order));
}
