using System.CommandLine;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Data;
using FineTune.Training.Evaluators;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using static TorchSharp.torch;

namespace FineTune.Training.Commands;

/// <summary><c>finetune evaluate SPEC</c>: evaluates the trained network on the spec's test images, or on any folder with one folder per class.</summary>
internal sealed class EvaluateCommand : SpecCommand, IHasExamples
{
    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; next to the spec by default." };
    private readonly Option<string?> _data = new("--data") { Description = "A folder with one folder per class; the spec's test part by default." };
    private readonly Option<string> _device = new("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = static _ => "auto" };

    public EvaluateCommand()
        : base("evaluate", "Prints precision, recall and F1 of each class, and the confusion matrix.")
    {
        Add(_weights);
        Add(_data);
        AddJson();
        Add(_device);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune evaluate flowers.modelspec", "finetune evaluate flowers.modelspec --data new-photos/ --json"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        (Device device, _) = Devices.Choose(parse.GetValue(_device)!, spec.Name);
        string weights = parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec);
        Certainty certainty = TrainedWeights.CertaintyOf(weights, spec);
        Evaluation evaluation = TestPass.Run(
            spec, weights, Images(spec, parse, log, cancellation), device, new CacheFolder(Assets(parse).Cache).Scratch,
            log, cancellation);
        Console.WriteLine(PrintsJson(parse)
            ? EvaluationReport.Json([("evaluate", evaluation)], certainty)
            : EvaluationReport.Text(evaluation, certainty));
    }

    private IReadOnlyList<LabeledImage> Images(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        using var client = Downloader.CreateClient();
        AssetFolders assets = Assets(parse);
        var loader = new DatasetLoader(assets, new Downloader(assets, log, client), log);
        return parse.GetValue(_data) is { } folder ? loader.List(Path.GetFullPath(folder), spec, cancellation) : loader.Load(spec, cancellation).Test;
    }
}
