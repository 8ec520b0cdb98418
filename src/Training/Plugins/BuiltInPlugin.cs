using FineTune.Pipeline;
using FineTune.Training.Evaluators;
using FineTune.Training.Exporters;
using FineTune.Training.Exporters.Onnx;
using FineTune.Training.Exporters.Report;
using FineTune.Training.Exporters.TensorBoard;
using FineTune.Training.Importers;
using FineTune.Training.WeightFormats;

namespace FineTune.Training.Plugins;

/// <summary>Registers the built-in parts.</summary>
internal sealed class BuiltInPlugin : PipelinePlugin
{
    /// <inheritdoc />
    public override void Register(IPipelineBuilder pipeline) => pipeline
        .Add(new FoldersImporter())
        .Add(new Flowers17Importer())
        .Add(new Hdf5Format())
        .Add(new KerasFormat())
        .Add(new PyTorchFormat())
        .Add(new SafetensorsFormat())
        .Add(new PyTorchLegacyFormat())
        .Add(new ReportEvaluator())
        .Add(new SafetensorsExporter())
        .Add(new OnnxExporter())
        .Add(new ReportExporter())
        .Add(new ModelCardExporter())
        .Add(new TensorBoardExporter());
}
