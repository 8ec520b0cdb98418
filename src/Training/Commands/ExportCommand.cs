using System.CommandLine;
using System.Text.Json;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Exporters;
using FineTune.Training.Locks;
using FineTune.Training.Plugins;
using FineTune.Training.Weights;

namespace FineTune.Training.Commands;

/// <summary>
/// <c>finetune export SPEC</c>: writes the trained network in the formats of the spec's <c>[[export]]</c> tables, or in the one that
/// <c>--format</c> names, or lists their files.
/// </summary>
internal sealed class ExportCommand : SpecCommand, IHasExamples
{
    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; next to the spec by default." };
    private readonly Option<string?> _format = new("--format") { Description = "Runs only this exporter, whether or not the spec has a table for it." };
    private readonly Option<string[]> _settings = new("--set") { Description = "With --format: the value of a key of the exporter, as KEY=VALUE." };
    private readonly Option<string?> _to = new("--to") { Description = "With --format: the folder for its files; the spec's by default." };
    private readonly Option<bool> _list = new("--list") { Description = "Only lists the files that would be written, one per line." };
    private readonly Option<string?> _listFile = new("--export-list")
    {
        Description = "Only writes the list of files that would be written to this file, one FORMAT PATH per line.",
    };

    public ExportCommand()
        : base("export", "Writes the trained network in the formats of the spec's [[export]] tables or in that of --format, or lists the files.")
    {
        Add(_weights);
        Add(_format);
        Add(_settings);
        Add(_to);
        Add(_list);
        Add(_listFile);
        AddJson();
        Validators.Add(result =>
        {
            if (result.GetValue(_format) is not null) return;
            if (result.GetValue(_settings) is { Length: > 0 }) result.AddError("--set needs --format.");
            if (result.GetValue(_to) is not null) result.AddError("--to needs --format.");
        });
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune export flowers.modelspec", "finetune export flowers.modelspec --format onnx --to exported/"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        string weights = parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec);
        var stage = new ExportStage(spec, weights, Assets(parse), log);
        IReadOnlyList<ExportUse> uses = parse.GetValue(_format) is { } format
            ? stage.Use(PartSettings.ReadExporter(spec, format, parse.GetValue(_settings) ?? []), parse.GetValue(_to) ?? spec.Folder, cancellation)
            : stage.Uses(cancellation);
        if (parse.GetValue(_listFile) is { } listFile)
        {
            stage.WriteList(uses, listFile);
            return;
        }
        if (!parse.GetValue(_list))
        {
            if (!File.Exists(weights)) throw spec.Name.Error(TrainingDiagnostics.NoTrainedWeights, weights);
            var cache = new CacheFolder(Assets(parse).Cache);
            stage.Run(uses, FileDigests.Compute(weights, cancellation), new ExportCache(cache), new FileDigests(cache.Digests), cancellation);
        }
        string[] outputs = [.. uses.SelectMany(static use => use.Outputs.Values)];
        if (PrintsJson(parse)) Console.WriteLine(JsonSerializer.Serialize(outputs));
        else if (parse.GetValue(_list)) foreach (string output in outputs) Console.WriteLine(output);
    }
}
