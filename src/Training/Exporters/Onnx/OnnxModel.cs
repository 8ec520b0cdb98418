using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FineTune.Pipeline;
using FineTune.Training.Exporters.Onnx.Format;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The graph with what readers need to know about it.</summary>
internal static class OnnxModel
{
    /// <summary>What runtimes since 2022 read.</summary>
    private const int IrVersion = 8;

    /// <summary>The first operator set whose resize has filters that widen as images shrink.</summary>
    private const int OperatorSet = 18;

    /// <summary>What our keys of the metadata begin with.</summary>
    public const string Prefix = "finetune.";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The graph alone.</summary>
    public static ModelProto Create(GraphProto graph)
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "FineTune.Build", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OperatorSet });
        return model;
    }

    /// <summary>The whole file.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="trained">What it computes.</param>
    /// <param name="classes">The classes.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="figures">What was measured of a precision below float32.</param>
    public static ModelProto Create(GraphProto graph, TrainedModel trained, IReadOnlyList<string> classes, OnnxOptions options, PrecisionFigures? figures)
    {
        ModelProto model = Create(graph);
        model.DocString = string.Create(CultureInfo.InvariantCulture, $"{trained.Name}: classifies images, {classes.Count} classes.");
        SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);
        // Everything that the weight file says, but for the name of its own format.
        foreach ((string key, string value) in trained.Metadata) if (key != "format") metadata[key] = value;
        metadata["names"] = JsonSerializer.Serialize(classes, Readable);
        metadata[Prefix + "form"] = options.FormWord;
        metadata[Prefix + "precision"] = options.PrecisionWord;
        metadata[Prefix + "mirror"] = trained.Network.Mirror ? "true" : "false";
        metadata[Prefix + "weights"] = trained.Digest;
        if (trained.Fingerprint is { } fingerprint) metadata[Prefix + "fingerprint"] = fingerprint;
        if (trained.WeightsLicence is { } licence) metadata[Prefix + "weights_licence"] = licence;
        figures?.AddTo(metadata);
        AddImageFormat(graph, metadata, trained.Preparation, options.Form);
        foreach ((string key, string value) in metadata) model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model;
    }

    /// <summary>
    /// The format of the pixels in the words of ONNX (MetadataProps.md), for programs that fill inputs with images by themselves. Most
    /// normalisations are none that it has words for; then such a program must not believe that it knows.
    /// </summary>
    private static void AddImageFormat(GraphProto graph, SortedDictionary<string, string> metadata, InputPreparation preparation, OnnxForm form)
    {
        string? range = form == OnnxForm.Pixels ? "NominalRange_0_255" : RangeOf(preparation);
        if (range is null) return;
        // Programs that know the word take such inputs for [N, C, H, W].
        if (form == OnnxForm.Tensor) graph.Input[0].Type.Denotation = "IMAGE";
        metadata["Image.BitmapPixelFormat"] = form == OnnxForm.Tensor && preparation.IsBgr ? "Bgr8" : "Rgb8";
        metadata["Image.ColorSpaceGamma"] = "SRGB";
        metadata["Image.NominalPixelRange"] = range;
    }

    private static string? RangeOf(InputPreparation preparation)
    {
        const double Tolerance = 1e-9;
        // Where 0 and 255 end up.
        (double, double)[] ends =
            [.. preparation.Mean.Zip(preparation.Std, (mean, std) => (-mean / std, (255 * preparation.Scale - mean) / std)).Distinct()];
        return ends switch
        {
            [var (least, most)] when Math.Abs(least) < Tolerance && Math.Abs(most - 1) < Tolerance => "Normalized_0_1",
            [var (least, most)] when Math.Abs(least + 1) < Tolerance && Math.Abs(most - 1) < Tolerance => "Normalized_1_1",
            [var (least, most)] when Math.Abs(least) < Tolerance && Math.Abs(most - 255) < Tolerance => "NominalRange_0_255",
            _ => null,
        };
    }
}
