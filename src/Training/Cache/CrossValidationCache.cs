using FineTune.Files;
using FineTune.Training.Quality;

namespace FineTune.Training.Cache;

/// <summary>Results of cross-validations by the fingerprint of the first stage, which covers everything that they depend on but the number of folds.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class CrossValidationCache(CacheFolder folder)
{
    /// <summary>Increase it with every change after which a cross-validation gives other figures, although the weights stay the same.</summary>
    private const int Revision = 1;

    /// <summary>A result, or null if the cache does not have it.</summary>
    /// <param name="fingerprint">The fingerprint of the first stage.</param>
    /// <param name="folds">The number of folds.</param>
    public CrossValidationResult? Find(string fingerprint, int folds) =>
        CacheEntries.Read<Entry>(folder.CrossValidation(fingerprint, folds)) is { Revision: Revision } entry
            ? new CrossValidationResult([.. entry.Images.Zip(entry.Right, static (images, right) => new Fold(images, right))])
            : null;

    /// <summary>Keeps a result, if that is possible.</summary>
    public void Save(string fingerprint, CrossValidationResult result) => BestEffort.Run(() => CacheEntries.Write(
        folder.CrossValidation(fingerprint, result.Folds.Count),
        new Entry(Revision, [.. result.Folds.Select(static fold => fold.Images)], [.. result.Folds.Select(static fold => fold.Right)])));

    private sealed record Entry(int Revision, int[] Images, int[] Right);
}
