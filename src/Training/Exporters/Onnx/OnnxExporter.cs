using FineTune.Pipeline;
using FineTune.Training.Exporters.Onnx.Format;
using Google.Protobuf;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// The trained network as an ONNX file (<see href="https://onnx.ai"/>), which ONNX Runtime and many other programs run, in browsers and on phones,
/// too. It is written from the network's operations alone, as any plugin could do it.
/// </summary>
internal sealed class OnnxExporter : IModelExporter
{
    /// <summary>What it is called.</summary>
    public const string Word = "onnx";

    /// <inheritdoc />
    public string Name => Word;

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Text(OnnxOptions.FormKey, "tensor"), PartParameter.Text(OnnxOptions.PrecisionKey, "fp32")];

    /// <inheritdoc />
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [OnnxOptions.Read(values).FileName(specName)];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        OnnxOptions options = OnnxOptions.Read(context.Values);
        ModelProto model = Translate(context.Model, context.Classes, options, context.Cancellation);
        using Stream file = context.Create(options.FileName(context.SpecName));
        model.WriteTo(file);
    }

    /// <summary>Translates a network.</summary>
    /// <exception cref="PipelineException">The file would be larger than ONNX files can be.</exception>
    public static ModelProto Translate(TrainedModel trained, IReadOnlyList<string> classes, OnnxOptions options, CancellationToken cancellation)
    {
        var graph = new OnnxGraph(trained.Name);
        string input = options.Form == OnnxForm.Tensor
            ? graph.Input(OnnxNames.Input, TensorProto.Types.DataType.Float, [OnnxNames.Batch, "3", Size(trained.InputHeight), Size(trained.InputWidth)])
            : PixelNodes.Add(graph, trained);
        new NetworkTranslation(graph, trained, cancellation).Add(input);
        graph.Output(OnnxNames.Probabilities, [OnnxNames.Batch, Size(classes.Count)]);
        graph.Output(OnnxNames.Logits, [OnnxNames.Batch, Size(classes.Count)]);
        graph.Output(OnnxNames.Features, [OnnxNames.Batch, Size(trained.Network.Nodes[trained.Network.Embedding].Shape[0])]);
        return OnnxModel.Create(graph, trained, classes, options);
    }

    private static string Size(long size) => size.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
