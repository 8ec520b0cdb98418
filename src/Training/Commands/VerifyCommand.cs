using System.CommandLine;
using FineTune.Training.Assets;
using FineTune.Training.Calibration;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using FineTune.Training.Weights;
using ModelSpec.Locks;

namespace FineTune.Training.Commands;

/// <summary><c>finetune verify SPEC</c>: reads everything again and compares all digests with the lock.</summary>
internal sealed class VerifyCommand : SpecCommand, IHasExamples
{
    private readonly Option<string?> _weights = new("--weights") { Description = "The trained weights; next to the spec by default." };

    public VerifyCommand()
        : base("verify", "Checks spec, dataset, pretrained and trained weights against the lock, reading every file again.") => Add(_weights);

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune verify flowers.modelspec"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        string path = FineTuningOptions.LockFile(spec);
        if (LockFiles.Read(path, log) is not { } known) throw spec.Name.Error(TrainingDiagnostics.NoLock, Path.GetFileName(path));
        using HttpClient client = Downloader.CreateClient();
        AssetFolders assets = Assets(parse);
        var downloader = new Downloader(assets, log, client);
        var reader = new TrainingInputReader(
            spec, new DatasetLoader(assets, downloader, log), new PretrainedWeights(assets, downloader), new FileDigests(null), LibTorch(parse), LockFiles.CudaOf(known));
        TrainingInputs inputs = reader.Read(LockFiles.Environment(known, "device") ?? "cpu", LockFiles.Environment(known, "precision") ?? "fp32", known, cancellation);

        List<string> wrong = [.. TrainingLock.Compare(known.Inputs, inputs.Facts).Select(static change => change.Text)];
        wrong.AddRange(CertaintyStage.Differences(known, spec));
        wrong.AddRange(LockFiles.ComparePlugins(known, spec));
        string weights = parse.GetValue(_weights) ?? TrainedWeights.FileOf(spec);
        string? digest = FileDigests.ComputeOrNull(weights, cancellation);
        if (digest is null) wrong.Add($"{Path.GetFileName(weights)} does not exist, or cannot be read");
        else if (digest != known.Weights) wrong.Add($"{Path.GetFileName(weights)} is {digest}, the lock has {known.Weights}");

        string name = spec.Network.ClassName;
        if (inputs.Split is null) log.Line($"{name}: the dataset '{spec.Plan.Source}' is not on this machine and was not verified");
        if (wrong.Count > 0) throw spec.Name.Error(TrainingDiagnostics.NotAsLocked, Path.GetFileName(path), string.Join("; ", wrong));
        log.Line($"{name}: {inputs.Facts.Count} facts and the weights are as {Path.GetFileName(path)} records them");
        if (QualityGate.Check(spec.Spec, known) is { } fault) throw new TrainingException(fault);
    }
}
