using FineTune.Pipeline;
using FineTune.Training.Cache;
using FineTune.Training.Data;
using FineTune.Training.Evaluators;
using FineTune.Training.Stages;
using FineTune.Training.Weights;
using ModelSpec.Locks;

namespace FineTune.Training.Exporters;

/// <summary>What the trained network answers to the test images, for exporters that show it.</summary>
/// <param name="spec">The spec.</param>
/// <param name="weights">The weight file.</param>
/// <param name="known">The lock that records the weights; null if there is none.</param>
/// <param name="images">The images.</param>
/// <param name="cache">Where the answers of the training are.</param>
/// <param name="device">Where to compute them otherwise: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="log">Where progress is told.</param>
/// <param name="cancellation">Ends the computation.</param>
internal sealed class ExportAnswers(
    SpecSource spec, string weights, TrainingLock? known, ExportImages images, CacheFolder cache, string device, IProgressLog log, CancellationToken cancellation)
{
    private readonly AnswerCache _answers = new(cache);

    /// <summary>The answers; null where they are not in the cache and the dataset is not on this machine.</summary>
    public ImageAnswers? Find() => (Kept() ?? Compute())?.At(TrainedWeights.CertaintyOf(weights, spec).Temperature) is { } answers ? new ImageAnswers(answers.Images, answers.Labels, answers.Logits) : null;

    private TestAnswers? Kept() => known is { Fingerprint: { } fingerprint, TrainedWeights: { } digest } ? _answers.Find(fingerprint, digest) : null;

    private TestAnswers? Compute()
    {
        if (images.SplitIfHere() is not { } split) return null;
        Evaluation evaluation = TestPass.Run(spec, weights, split.Test, Devices.Choose(device, spec.Name).Device, cache.Scratch, log, cancellation);
        var answers = TestAnswers.Of(evaluation, split.Test);
        if (known is { Fingerprint: { } fingerprint, TrainedWeights: { } digest }) _answers.Save(fingerprint, digest, answers);
        return answers;
    }
}
