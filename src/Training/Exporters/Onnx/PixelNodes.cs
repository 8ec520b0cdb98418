using FineTune.Pipeline;
using static FineTune.Training.Exporters.Onnx.OnnxGraph;
using DataType = FineTune.Training.Exporters.Onnx.Format.TensorProto.Types.DataType;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// What happens to pixels before the network, as operators: resized with a filter that widens as images shrink, the centre cut out, normalised.
/// Sizes and places are computed and rounded as the classifiers' own code does it.
/// </summary>
internal static class PixelNodes
{
    /// <summary>Adds the input of pixels and what prepares them.</summary>
    /// <returns>The name of the prepared image: float32 <c>[N, 3, H, W]</c>.</returns>
    public static string Add(OnnxGraph graph, TrainedModel trained)
    {
        (int height, int width) = (trained.InputHeight, trained.InputWidth);
        string pixels = graph.Input(OnnxNames.Pixels, DataType.Uint8, [OnnxNames.Batch, "rows", "columns", "3"]);
        string lengths = graph.Add("Shape", "pixels/lengths", [pixels], Attribute("start", 1L), Attribute("end", 3L));
        ImageResizing? resize = trained.Preparation.Resize;
        (string resized, string start) = resize is null ? AddCovering(graph, lengths, height, width) : AddPreparation(graph, lengths, height, width, resize.ShorterSide);
        bool isBicubic = resize is { IsBicubic: true };
        string image = Resize(graph, pixels, resized, isBicubic);
        string end = graph.Add("Add", "centre/end", [start, graph.Integers(height, width)]);
        string centre = graph.Add("Slice", "centre", [image, start, end, graph.Integers(1, 2)]);
        // The size is known from here on, also to readers that do not run the operators above.
        string fixedSize = graph.Add("Reshape", "centre/fixed", [centre, graph.Integers(0, height, width, 3)]);
        string planes = graph.Add("Transpose", "centre/planes", [fixedSize], Attribute("perm", 0, 3, 1, 2));
        return Normalize(graph, planes, trained.Preparation, isFloat: false);
    }

    private static string Resize(OnnxGraph graph, string pixels, string resized, bool isBicubic)
    {
        string images = graph.Add("Shape", "pixels/images", [pixels], Attribute("start", 0L), Attribute("end", 1L));
        string sizes = graph.Add("Concat", "resize/sizes", [images, resized, graph.Integers(3)], Attribute("axis", 0L));
        return graph.Add(
            "Resize", "resize", [pixels, "", "", sizes],
            Attribute("antialias", 1L), Attribute("coordinate_transformation_mode", "half_pixel"),
            Attribute("mode", isBicubic ? "cubic" : "linear"), Attribute("cubic_coeff_a", -0.5f), Attribute("exclude_outside", isBicubic ? 1L : 0));
    }

    /// <summary>The image just covers the input: one scale for both sides, lengths rounded to the nearest pixel, the centre rounded down.</summary>
    private static (string Resized, string Start) AddCovering(OnnxGraph graph, string lengths, int height, int width)
    {
        string target = graph.Integers(height, width);
        string exact = graph.Add("Cast", "resize/lengths", [lengths], Attribute("to", (long)DataType.Double));
        string ratios = graph.Add("Div", "resize/ratios", [graph.Doubles("resize/target", height, width), exact]);
        string scale = graph.Add("ReduceMax", "resize/scale", [ratios], Attribute("keepdims", 1L));
        string scaled = graph.Add("Round", "resize/rounded_lengths", [graph.Add("Mul", "resize/scaled", [exact, scale])]);
        string whole = graph.Add("Cast", "resize/whole", [scaled], Attribute("to", (long)DataType.Int64));
        string resized = graph.Add("Max", "resize/size", [whole, target]);
        string over = graph.Add("Sub", "centre/over", [resized, target]);
        return (resized, graph.Add("Div", "centre/start", [over, graph.Integers(2)]));
    }

    /// <summary>
    /// The image covers the enlarged input: of height and width, one is that of the enlarged input, and the other is rounded down. The centre is rounded
    /// to the even side.
    /// </summary>
    private static (string Resized, string Start) AddPreparation(OnnxGraph graph, string lengths, int height, int width, int shorterSide)
    {
        int shorter = Math.Min(height, width);
        (long coverHeight, long coverWidth) = ((long)height * shorterSide / shorter, (long)width * shorterSide / shorter);
        // Height: max(cover height, cover width × height / width); width: the same with both exchanged.
        string others = graph.Add("Gather", "resize/others", [lengths, graph.Integers(1, 0)], Attribute("axis", 0L));
        string products = graph.Add("Mul", "resize/products", [graph.Integers(coverWidth, coverHeight), lengths]);
        string covering = graph.Add("Div", "resize/covering", [products, others]);
        string resized = graph.Add("Max", "resize/size", [covering, graph.Integers(coverHeight, coverWidth)]);
        string over = graph.Add("Sub", "centre/over", [resized, graph.Integers(height, width)]);
        string exact = graph.Add("Cast", "centre/exact", [over], Attribute("to", (long)DataType.Double));
        string half = graph.Add("Round", "centre/rounded", [graph.Add("Mul", "centre/half", [exact, graph.Doubles("one_half", 0.5)])]);
        return (resized, graph.Add("Cast", "centre/start", [half], Attribute("to", (long)DataType.Int64)));
    }

    private static string Normalize(OnnxGraph graph, string image, InputPreparation preparation, bool isFloat)
    {
        string channels = preparation.IsBgr ? graph.Add("Gather", "bgr", [image, graph.Integers(2, 1, 0)], Attribute("axis", 1L)) : image;
        string floats = isFloat ? channels : graph.Add("Cast", "floats", [channels], Attribute("to", (long)DataType.Float));
        float[] factors = [.. preparation.Std.Select(std => (float)(preparation.Scale / std))];
        float[] offsets = [.. preparation.Mean.Zip(preparation.Std, static (mean, std) => (float)(-mean / std))];
        string scaled = graph.Add("Mul", "scaled", [floats, graph.Constant("pixel_factors", factors, 1, 3, 1, 1)]);
        return graph.Add("Add", "prepared", [scaled, graph.Constant("pixel_offsets", offsets, 1, 3, 1, 1)]);
    }
}
