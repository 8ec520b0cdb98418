using FineTune.Pipeline;

[assembly: PipelinePlugin(typeof(SamplePlugin.Plugin))]

namespace SamplePlugin;

/// <summary>The entry class of the plugin: it registers every part that <c>build/SamplePlugin.props</c> provides.</summary>
public sealed class Plugin : PipelinePlugin
{
    /// <inheritdoc />
    public override void Register(IPipelineBuilder pipeline) => pipeline
        .Add(new CsvImporter())
        .Add(new RandomErasing())
        .Add(new CalibrationEvaluator())
        .Add(new NpzExporter());
}
