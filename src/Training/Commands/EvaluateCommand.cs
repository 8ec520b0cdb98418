using System.CommandLine;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Evaluators;
using FineTune.Training.Locks;
using FineTune.Training.Modules;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Commands;

/// <summary><c>finetune evaluate SPEC</c>: how the trained network does on the spec's test part, or on any folder of class folders.</summary>
internal sealed class EvaluateCommand : SpecCommand
{
    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; beside the spec by default." };
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

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        (Device device, _) = Devices.Choose(parse.GetValue(_device)!, spec.Name);
        using var module = new NetworkModule(spec.Network);
        TrainedWeights.Load(parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec), module, spec);
        module.to(device);
        module.eval();

        var store = new TensorStore(TensorStore.DefaultBudget(), new StageCache(Assets(parse).Cache).ScratchFolder);
        using var images = new ImageSets(spec, new DatasetSplit("", [], [], Images(spec, parse, log, cancellation)), store);
        using var features = new FeatureSource(module, spec, device, store, log);
        int last = spec.Plan.Stages.Count - 1;
        Features test = features.Of(images.Test, last, ScalarType.Float32, "evaluation", cancellation);
        Features? mirrored = spec.Network.Mirror
            ? features.Of(images.Test, last, ScalarType.Float32, "evaluation of mirrored images", cancellation, isMirrored: true)
            : null;
        images.ReportUnreadable(log, cancellation);
        Evaluation evaluation = Evaluation.Of(module, images.Test, test, spec.Plan.FrozenPrefix(spec.Plan.Stages[last]), mirrored);
        Console.WriteLine(PrintsJson(parse)
            ? EvaluationReport.Json([("evaluate", evaluation)])
            : EvaluationReport.Text(evaluation.Confusion));
    }

    private IReadOnlyList<LabeledImage> Images(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        using var client = Downloader.CreateClient();
        AssetFolders assets = Assets(parse);
        var loader = new DatasetLoader(assets, new Downloader(assets, log, client), log);
        return parse.GetValue(_data) is { } folder ? loader.List(Path.GetFullPath(folder), spec, cancellation) : loader.Load(spec, cancellation).Test;
    }
}
