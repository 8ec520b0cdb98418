namespace FineTune.Training.Quality;

/// <summary>Divides training images into the folds of a cross-validation.</summary>
internal static class FoldDivision
{
    /// <summary>Distinguishes the numbers that are drawn here from those of other purposes with the same seed.</summary>
    private const int Purpose = 0x666f6c64;

    /// <summary>
    /// Divides the images of each class in a random order that depends on the seed alone. Folds differ by at most one image in all, and by at most one image of
    /// each class.
    /// </summary>
    /// <param name="images">The images.</param>
    /// <param name="labels">The class of each.</param>
    /// <param name="folds">The number of folds.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The images of each fold, ascending.</returns>
    public static IReadOnlyList<long[]> Of(IReadOnlyList<long> images, IReadOnlyList<long> labels, int folds, long seed)
    {
        List<long>[] divided = [.. Enumerable.Range(0, folds).Select(static _ => new List<long>())];
        int next = 0;
        foreach (IGrouping<long, long> group in images.Zip(labels).GroupBy(static pair => pair.Second, static pair => pair.First).OrderBy(static group => group.Key))
        {
            long[] shuffled = [.. group];
            new SeededRandom(seed, Purpose, group.Key).Shuffle<long>(shuffled);
            foreach (long image in shuffled) divided[next++ % folds].Add(image);
        }
        return [.. divided.Select(static fold => fold.Order().ToArray())];
    }
}
