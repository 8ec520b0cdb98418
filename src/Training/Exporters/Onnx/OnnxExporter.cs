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
    public int Revision => 2;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters =>
    [
        PartParameter.Text(OnnxOptions.FormKey, "tensor"),
        PartParameter.Text(OnnxOptions.PrecisionKey, "fp32"),
        PartParameter.Number(OnnxOptions.MaxDropKey, OnnxOptions.DefaultMaxDrop, 0, 1),
    ];

    /// <inheritdoc />
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [OnnxOptions.Read(values).FileName(specName)];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        OnnxOptions options = OnnxOptions.Read(context.Values);
        TranslatedNetwork network = Translate(context.Model, context.Classes, options.Form, context.Cancellation);
        PrecisionFigures? figures = null;
        if (options.Precision != OnnxPrecision.Single)
        {
            var images = new MeasuringImages(context, options);
            TranslatedNetwork lower = options.Precision == OnnxPrecision.Half ? HalfWeights.Of(network) : Quantize(network, images);
            figures = PrecisionFigures.Measure(network, lower, context, images);
            figures.Tell(context, options);
            figures.Require(options);
            network = lower;
        }
        ModelProto model = OnnxModel.Create(network.Graph, context.Model, context.Classes, options, figures);
        using Stream file = context.Create(options.FileName(context.SpecName));
        model.WriteTo(file);
    }

    /// <summary>Translates a network into float32.</summary>
    /// <exception cref="PipelineException">The file would be larger than ONNX files can be.</exception>
    public static TranslatedNetwork Translate(TrainedModel trained, IReadOnlyList<string> classes, OnnxForm form, CancellationToken cancellation)
    {
        var graph = new OnnxGraph(trained.Name);
        (int height, int width) = (trained.InputHeight, trained.InputWidth);
        string input = form == OnnxForm.Tensor
            ? graph.Input(OnnxNames.Input, TensorProto.Types.DataType.Float, [OnnxNames.Batch, "3", Size(height), Size(width)])
            : PixelNodes.Add(graph, trained);
        int start = graph.Proto.Node.Count;
        new NetworkTranslation(graph, trained, cancellation).Add(input);
        graph.Output(OnnxNames.Probabilities, [OnnxNames.Batch, Size(classes.Count)]);
        graph.Output(OnnxNames.Logits, [OnnxNames.Batch, Size(classes.Count)]);
        graph.Output(OnnxNames.Features, [OnnxNames.Batch, Size(trained.Network.Nodes[trained.Network.Embedding].Shape[0])]);
        return new TranslatedNetwork(graph.Proto, start, input, height, width);
    }

    private static TranslatedNetwork Quantize(TranslatedNetwork network, MeasuringImages images)
    {
        var plan = new QuantizationPlan(network);
        return HalfWeights.Of(QuantizedNetwork.Of(network, plan, ValueRanges.Measure(network, plan.Measured, images)));
    }

    /// <summary>A dimension as text.</summary>
    internal static string Size(long size) => size.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
