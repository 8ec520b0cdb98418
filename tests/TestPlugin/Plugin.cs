using FineTune.Pipeline;

[assembly: PipelinePlugin(typeof(TestPlugin.Plugin))]

namespace TestPlugin;

/// <summary>A part of each kind.</summary>
public sealed class Plugin : PipelinePlugin
{
    /// <summary>The <c>Provides</c> of this plugin's item.</summary>
    public const string Provides =
        "importer:csv(path:text=path, label:text=label), processor:erase(probability:number[0..1]=0.5), format:plain(.plain), "
        + "evaluator:top(count:whole[1..]=2), exporter:names(upper:flag=false)";

    /// <inheritdoc />
    public override void Register(IPipelineBuilder pipeline) => pipeline
        .Add(new CsvImporter())
        .Add(new EraseProcessor())
        .Add(new PlainFormat())
        .Add(new TopEvaluator())
        .Add(new NamesExporter());
}
