using System.CommandLine;
using FineTune.Training.Locks;
using FineTune.Training.Weights;
using ModelSpec.Locks;

namespace FineTune.Training.Commands;

/// <summary><c>finetune clean SPEC</c>: removes trained weights and what the cache has of them; the lock stays as their record.</summary>
internal sealed class CleanCommand : SpecCommand
{
    private readonly Option<string?> _output = new("--output") { Description = "The weight file to remove; beside the spec by default." };

    public CleanCommand()
        : base("clean", "Removes trained weights beside a spec and their stages in the cache. The lock stays.") => Add(_output);

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        var cache = new StageCache(Assets(parse).Cache);
        foreach (string fingerprint in LockFiles.Read(FineTuningOptions.LockFile(spec), log)?.StageFingerprints ?? []) cache.Remove(fingerprint);
        string weights = parse.GetValue(_output) ?? TrainedWeights.FileOf(spec);
        File.Delete(weights);
        log.Line($"{spec.Network.ClassName}: removed {Path.GetFileName(weights)} and its stages in the cache");
    }
}
