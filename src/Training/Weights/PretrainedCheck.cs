using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;
using ModelSpec.Backbones;

namespace FineTune.Training.Weights;

/// <summary>
/// What is worth a warning about a weight file that fits the backbone. The generated classifier's preprocessing comes from the spec and
/// is not changed by what a file turns out to be, so a file that expects another is reported.
/// </summary>
internal static class PretrainedCheck
{
    /// <summary>Warns of a file of another publisher with other preprocessing, or else of one that is not the published file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="publisher">Whose format it has.</param>
    /// <param name="spec">The spec that asks for it.</param>
    /// <param name="log">Where warnings go.</param>
    /// <param name="cancellation">Ends the reading of the file.</param>
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

    /// <summary>The publisher's weights of the backbone, where they expect other preprocessing and the spec does not choose one itself.</summary>
    private static WeightSet? OfOtherPreprocessing(WeightPublisher publisher, SpecSource spec)
    {
        if (publisher == WeightPublisher.Any || spec.Spec.Backbone.Preprocess is not null) return null;
        List<WeightSet> sets = [.. spec.WeightSets.Where(set => WeightPublishers.Of(set.File) == publisher)];
        return sets.Exists(set => set.Preprocessing == spec.Network.Preprocessing) ? null : sets.FirstOrDefault();
    }
}
