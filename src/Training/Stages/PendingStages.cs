using FineTune.Training.Cache;
using FineTune.Training.Locks;
using ModelSpec.Plans;

namespace FineTune.Training.Stages;

/// <summary>Finds out which stages a run trains.</summary>
internal static class PendingStages
{
    /// <summary>
    /// The stages without a cached result, in order. Of those before the last stage whose weights are in the cache, the evaluation is enough. Another
    /// process may train a stage in the meantime.
    /// </summary>
    public static IReadOnlyList<Stage> Of(SpecSource spec, TrainingInputs inputs, CacheFolder cache)
    {
        var weights = new WeightCache(cache);
        StageResult?[] known = [.. inputs.Fingerprints.Select(fingerprint => new StageCache(cache).Find(fingerprint, spec.Network))];
        int complete = Array.FindLastIndex(known, result => result is not null && weights.Find(result.Weights) is not null);
        return [.. spec.Plan.Stages.Where((_, index) => index > complete || known[index] is null)];
    }
}
