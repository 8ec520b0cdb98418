using System.Globalization;
using FineTune.Files;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using ModelSpec.Locks;

namespace FineTune.Training.Quality;

/// <summary>Compares a training with the one that it replaces and with what <c>[quality]</c> requires.</summary>
/// <param name="spec">The spec.</param>
/// <param name="cache">Has the answers to the test images.</param>
/// <param name="log">Receives the comparison.</param>
internal sealed class QualityCheck(SpecSource spec, CacheFolder cache, IProgressLog log)
{
    /// <summary>The name of the file for the evaluations of a rejected training.</summary>
    public const string RejectedFile = "rejected-training.json";

    private string Name => spec.Network.ClassName;

    /// <summary>Tells whether a training is better than the one that it replaces, and whether that may be chance.</summary>
    /// <param name="before">The lock that is replaced.</param>
    /// <param name="now">The lock of the training.</param>
    public void Compare(TrainingLock before, TrainingLock now)
    {
        if (before.TrainedWeights == now.TrainedWeights || before.TestAccuracy is not { } old || now.TestAccuracy is not { } accuracy) return;
        if (!QualityGate.HaveSameTestImages(before, now))
        {
            string gate = spec.Spec.Quality.MaxDrop is null ? "" : "; max_drop is not checked";
            log.Line($"{Name}: not compared with the {Percent(old)} of the lock, which was measured on other test images{gate}");
            return;
        }
        double points = Math.Round(100 * (accuracy - old), 2);
        string change = points == 0
            ? $"as accurate as the lock ({Percent(old)})"
            : string.Create(CultureInfo.InvariantCulture, $"{(points > 0 ? "better" : "worse")} by {Math.Abs(points):0.0#} points than the lock ({Percent(old)})");
        log.Line($"{Name}: {change}, {Chance(before, now)}");
    }

    /// <summary>Compares a training with the requirements, before its weights replace the old ones.</summary>
    /// <param name="before">The lock that would be replaced; null if there is none.</param>
    /// <param name="now">The lock of the training.</param>
    /// <param name="rejected">The file for the evaluations of a training that is rejected; that of an earlier one is deleted otherwise.</param>
    /// <param name="write">Returns the evaluations.</param>
    /// <exception cref="TrainingException">A requirement is not met. Nothing was replaced.</exception>
    public void Require(TrainingLock? before, TrainingLock now, string rejected, Func<string> write)
    {
        string kept = before is null ? "No weights and no lock were written" : "The weights and the lock are unchanged";
        string advice = $"{kept}; the evaluation of the rejected training is '{rejected}'. Its stages are in the cache: a build with a looser requirement needs no new training.";
        if (QualityGate.Check(spec.Spec, before, now, advice) is { } fault)
        {
            try
            {
                AtomicFile.WriteText(rejected, write());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw spec.Name.Error(e, TrainingDiagnostics.CannotWrite, rejected, e.Message.TrimEnd('.') + ".");
            }
            throw new TrainingException(fault);
        }
        BestEffort.Run(() => File.Delete(rejected));
    }

    /// <summary>Compares weights that are up to date with the requirements.</summary>
    /// <exception cref="TrainingException">A requirement is not met.</exception>
    public void Require(TrainingLock known)
    {
        if (QualityGate.Check(spec.Spec, known) is { } fault) throw new TrainingException(fault);
    }

    private string Chance(TrainingLock before, TrainingLock now)
    {
        var answers = new AnswerCache(cache);
        if (answers.Find(before.Fingerprint!, before.TrainedWeights!) is not { } old || answers.Find(now.Fingerprint!, now.TrainedWeights!) is not { } current
            || AnswerComparison.Of(old, current) is not { } test)
        {
            return "but whether that is chance is not known: the answers of the old weights to the test images are not in the cache";
        }
        string probability = test.Probability < 0.001 ? "p < 0.001" : string.Create(CultureInfo.InvariantCulture, $"p = {test.Probability:0.0##}");
        string images = $"{test.Gained} images right that were wrong, {test.Lost} wrong that were right";
        return $"{(test.MayBeChance ? "not distinguishable" : "distinguishable")} from chance ({probability}: {images})";
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.00}%");
}
