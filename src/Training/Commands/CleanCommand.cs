using System.CommandLine;
using FineTune.Training.Cache;
using FineTune.Training.Exporters;
using FineTune.Training.Locks;
using FineTune.Training.Weights;
using ModelSpec.Locks;

namespace FineTune.Training.Commands;

/// <summary><c>finetune clean SPEC</c>: removes the trained weights, the exports and the cached results of the stages. The lock is kept.</summary>
internal sealed class CleanCommand : SpecCommand, IHasExamples
{
    private readonly Option<string?> _output = new("--output") { Description = "The weight file to remove; next to the spec by default." };

    public CleanCommand()
        : base("clean", "Removes the trained weights next to a spec, the files of its exports and its stages in the cache. The lock is kept.") => Add(_output);

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune clean flowers.modelspec"];

    protected override void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation)
    {
        string weights = parse.GetValue(_output) ?? TrainedWeights.FileOf(spec);
        // First, because an exporter may fail here; then nothing has been removed yet.
        string[] exports = [.. new ExportStage(spec, weights, Assets(parse), log).Uses(cancellation).SelectMany(static use => use.Outputs.Values)];
        var cache = new StageCache(new CacheFolder(Assets(parse).Cache));
        foreach (string fingerprint in LockFiles.Read(FineTuningOptions.LockFile(spec), log)?.StageFingerprints ?? []) cache.Remove(fingerprint);
        string[] removed = [weights, .. exports.Where(File.Exists)];
        foreach (string file in removed) File.Delete(file);
        string names = string.Join(", ", removed.Select(file => Path.GetRelativePath(spec.Folder, file)));
        log.Line($"{spec.Network.ClassName}: removed {names} and its stages in the cache");
    }
}
