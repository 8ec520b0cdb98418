using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using ModelSpec.Backbones;

namespace FineTune.Training.Weights;

/// <summary>
/// Warns about a weight file that fits the backbone, but probably expects other preprocessing. The preprocessing of the generated classifier comes
/// from the spec and does not depend on the file.
/// </summary>
internal static class PretrainedCheck
{
    /// <summary>Warns about a file of another publisher with other preprocessing, or else about a file that is not the published one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="publisher">The publisher whose format it has.</param>
    /// <param name="spec">The spec that names it.</param>
    /// <param name="log">Receives warnings.</param>
    /// <param name="cancellation">Cancels reading.</param>
    public static void Report(string path, WeightPublisher publisher, SpecSource spec, IProgressLog log, CancellationToken cancellation)
    {
        if (OfOtherPreprocessing(publisher, spec) is { } set)
        {
            log.Report(spec.Weights.At(
                TrainingDiagnostics.OtherPublisher, path, publisher, spec.Network.Backbone, set.Name, set.Preprocessing.Name, spec.Network.Preprocessing.Name));
            return;
        }
        if (spec.Plan.WeightSet is not { Digest: { } published } own) return;
        var expected = FileDigest.Parse(published, spec.Weights);
        string digest = expected.Compute(path, cancellation);
        if (!expected.Matches(digest))
        {
            log.Report(spec.Weights.At(TrainingDiagnostics.NotPublished, path, own.Url, expected.Algorithm, digest, expected.Hex));
        }
    }

    /// <summary>The publisher's weights of the backbone, if they expect other preprocessing and the spec does not set it itself; otherwise null.</summary>
    private static WeightSet? OfOtherPreprocessing(WeightPublisher publisher, SpecSource spec)
    {
        if (publisher == WeightPublisher.Any || spec.Spec.Backbone.Preprocess is not null) return null;
        List<WeightSet> sets = [.. spec.WeightSets.Where(set => WeightPublishers.Of(set.File) == publisher)];
        return sets.Exists(set => set.Preprocessing == spec.Network.Preprocessing) ? null : sets.FirstOrDefault();
    }
}
