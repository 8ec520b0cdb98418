using System.Globalization;
using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace ModelSpec.Locks;

/// <summary>Compares the figures of locks with the requirements of <c>[quality]</c>. It reads neither data nor weights.</summary>
public static class QualityGate
{
    /// <summary>A difference of less than this is rounding: locks have accuracies with six digits.</summary>
    private const double Rounding = 1e-9;

    /// <summary>Compares the lock next to a spec with the spec's requirements, for a build that does not train.</summary>
    /// <param name="text">The spec's text.</param>
    /// <param name="path">The spec's path, as diagnostics name it.</param>
    /// <param name="lockText">The lock's text.</param>
    /// <param name="words">The words that plugins add.</param>
    /// <returns>An error at the key whose requirement is not met. Empty if the spec or the lock cannot be read.</returns>
    public static EquatableArray<Diagnostic> Find(string text, string path, string lockText, PluginWords words) =>
        TrainingLock.Read(lockText, path).Value is { } known && SpecReader.Read(text, path, words).Value is { } spec && Check(spec, known) is { } fault
            ? [fault]
            : [];

    /// <summary>Compares a lock with <c>min_accuracy</c>, for a build that does not train.</summary>
    /// <returns>The error at the key, or null.</returns>
    public static Diagnostic? Check(Spec spec, TrainingLock known) => Check(
        spec, known, "It is that of the lock. Improve the data or the recipe and train again with: dotnet build -p:TrainModel=true, or lower min_accuracy.");

    /// <summary>Compares a new training with the requirements.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="before">The lock of the weights that the training would replace; null if there is none.</param>
    /// <param name="now">The lock of the new training.</param>
    /// <param name="advice">What was kept of the training, and what can be done: the last sentences of the message.</param>
    /// <returns>The error at the key whose requirement is not met, or null.</returns>
    public static Diagnostic? Check(Spec spec, TrainingLock? before, TrainingLock now, string advice)
    {
        if (Check(spec, now, advice) is { } below) return below;
        if (spec.Quality.MaxDrop is not { } allowed || before?.TestAccuracy is not { } old || now.TestAccuracy is not { } accuracy || !HaveSameTestImages(before, now)) return null;
        return old - accuracy <= allowed.Value + Rounding
            ? null
            : Diagnostic.Create(
                SpecDiagnostics.AboveMaxDrop, spec.Path, allowed.Span, spec.Model.Name.Value, Percent(accuracy), Percent(old - accuracy), Percent(old),
                TomlLiteral.Of(allowed.Value), Percent(allowed.Value), advice);
    }

    /// <summary>
    /// Whether two locks were measured on the same test images. Locks of earlier versions have no digest of the test images; then the whole dataset
    /// and its division must be the same.
    /// </summary>
    public static bool HaveSameTestImages(TrainingLock one, TrainingLock other)
    {
        return one.Find("split", 0, "test_digest") is { } digest && other.Find("split", 0, "test_digest") is { } otherDigest
            ? digest == otherDigest
            : IsSame("data") && IsSame("split");

        bool IsSame(string table) => one.Find(table, 0, "digest") is { } value && value == other.Find(table, 0, "digest");
    }

    private static Diagnostic? Check(Spec spec, TrainingLock known, string advice) =>
        spec.Quality.MinAccuracy is not { } required || known.TestAccuracy is not { } accuracy || accuracy >= required.Value - Rounding
            ? null
            : Diagnostic.Create(
                SpecDiagnostics.BelowMinAccuracy, spec.Path, required.Span, spec.Model.Name.Value, Percent(accuracy), TomlLiteral.Of(required.Value),
                Percent(required.Value), advice);

    private static string Percent(double share) => (100 * share).ToString("0.####", CultureInfo.InvariantCulture);
}
