using System.CommandLine;
using System.Text.Json;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Exporters;
using FineTune.Training.Locks;
using FineTune.Training.Weights;

namespace FineTune.Training.Commands;

/// <summary><c>finetune export SPEC</c>: writes the trained network in the formats of the spec's <c>[[export]]</c> tables, or lists their files.</summary>
internal sealed class ExportCommand : SpecCommand
{
    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; next to the spec by default." };
    private readonly Option<bool> _list = new("--list") { Description = "Only lists the files that would be written, one per line." };
    private readonly Option<string?> _listFile = new("--export-list")
    {
        Description = "Only writes the list of files that would be written to this file, one FORMAT PATH per line.",
    };

    public ExportCommand()
        : base("export", "Writes the trained network in the formats of the spec's [[export]] tables, or lists their files.")
    {
        Add(_weights);
        Add(_list);
        Add(_listFile);
        AddJson();
    }

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        string weights = parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec);
        var stage = new ExportStage(spec, weights, log);
        if (parse.GetValue(_listFile) is { } listFile)
        {
            stage.WriteList(listFile, cancellation);
            return;
        }
        if (!parse.GetValue(_list))
        {
            if (!File.Exists(weights)) throw spec.Name.Error(TrainingDiagnostics.NoTrainedWeights, weights);
            var cache = new CacheFolder(Assets(parse).Cache);
            stage.Run(FileDigests.Compute(weights, cancellation), new ExportCache(cache), new FileDigests(cache.Digests), cancellation);
        }
        string[] outputs = [.. stage.Uses(cancellation).SelectMany(static use => use.Outputs.Values)];
        if (PrintsJson(parse)) Console.WriteLine(JsonSerializer.Serialize(outputs));
        else if (parse.GetValue(_list)) foreach (string output in outputs) Console.WriteLine(output);
    }
}
