using System.Diagnostics;
using System.Globalization;
using FineTune.Images;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using FineTune.Weights;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training;

/// <summary>What a run is asked for, besides its spec.</summary>
/// <param name="Output">The weight file to write.</param>
/// <param name="Device"><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="Assets">Where datasets and weights are.</param>
/// <param name="Report">A JSON file for the evaluations of every stage, or null.</param>
internal sealed record TrainingOptions(string Output, string Device, AssetFolders Assets, string? Report = null);

/// <summary>The fine-tuning pipeline: import, split, decode, stages, evaluate, export.</summary>
internal sealed class Trainer(SpecSource spec, TrainingOptions options, IProgressLog log)
{
    private Network Network => spec.Network;

    /// <summary>Runs the whole pipeline.</summary>
    /// <returns>How the network does on the test part.</returns>
    /// <exception cref="TrainingException">Something is wrong with data, weights or settings.</exception>
    public Evaluation Run(CancellationToken cancellation)
    {
        (Device device, string reason) = Devices.Choose(options.Device, spec.Name);
        log.Line($"{Network.ClassName}: on {device.ToString().ToLowerInvariant()} ({reason})");

        using var client = Downloader.CreateClient();
        var downloader = new Downloader(options.Assets, log, client);
        DatasetSplit split = new DatasetLoader(options.Assets, downloader).Load(spec);
        random.manual_seed(Network.Seed);
        using var module = new NetworkModule(Network);
        string? weights = new PretrainedWeights(options.Assets, downloader).Load(module, spec);
        log.Line($"{Network.ClassName}: {Network.Backbone} with {(weights is null ? "random weights" : Path.GetFileName(weights))}");
        module.to(device);

        using ImageSets images = Decode(split);
        PixelTransform transform = PixelTransforms.Of(Network);
        var runner = new StageRunner(module, spec, images, transform, device, log);
        List<(string Stage, Evaluation Evaluation)> evaluations = [];
        for (int i = 0; i < Network.Stages.Count; i++)
        {
            random.manual_seed(Network.Seed + i + 1);
            Evaluation evaluation = runner.Run(i, cancellation);
            evaluations.Add((Network.Stages[i].Name, evaluation));
            log.Line(string.Create(CultureInfo.InvariantCulture,
                $"{Network.ClassName}: after {Network.Stages[i].Name}, test accuracy {100 * evaluation.Accuracy:0.00}% ({evaluation.Confusion.Correct} of {evaluation.Confusion.Count}), loss {evaluation.Loss:0.0000}"));
            log.Line(EvaluationReport.Text(evaluation));
        }
        Export(module, evaluations);
        return evaluations[^1].Evaluation;
    }

    private ImageSets Decode(DatasetSplit split)
    {
        var clock = Stopwatch.StartNew();
        int count = split.Train.Count + split.Validation.Count + split.Test.Count;
        ImageSets images = new ImageSetDecoder(spec, log).Decode(split);
        log.Line(string.Create(CultureInfo.InvariantCulture,
            $"{Network.ClassName}: decoded {count} images ({split.Train.Count} train, {split.Validation.Count} validation, {split.Test.Count} test), {count / clock.Elapsed.TotalSeconds:0} images/s"));
        return images;
    }

    private void Export(NetworkModule module, List<(string Stage, Evaluation Evaluation)> evaluations)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["model"] = Network.ClassName,
            ["classes"] = string.Join('\n', Network.Classes.Select(static c => c.Text)),
            ["test_accuracy"] = evaluations[^1].Evaluation.Accuracy.ToString("0.####", CultureInfo.InvariantCulture),
        };
        try
        {
            SafetensorsWriter.Write(options.Output, module.Weights(), metadata);
            if (options.Report is not null) File.WriteAllText(options.Report, EvaluationReport.Json(evaluations));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.CannotWrite, options.Output, e.Message.TrimEnd('.') + ".");
        }
        log.Line($"{Network.ClassName}: wrote {options.Output}");
    }
}
