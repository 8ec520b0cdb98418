namespace FineTune.Training.Inspection;

/// <summary>Finds images that look alike by their prints.</summary>
internal static class NearDuplicates
{
    /// <summary>
    /// The pairs of images that look alike. Every hash is compared with every other one; pixels are compared where hashes are near.
    /// </summary>
    /// <param name="prints">The prints by the number of the image; null for images that could not be read.</param>
    /// <param name="cancellation">Cancels the search.</param>
    /// <returns>The pairs in ascending order; the first number of each is the smaller one.</returns>
    public static IReadOnlyList<(int First, int Second)> Find(IReadOnlyList<ImagePrint?> prints, CancellationToken cancellation = default)
    {
        int[] numbers = [.. Enumerable.Range(0, prints.Count).Where(i => prints[i] is { IsPlain: false })];
        ImagePrint[] compared = [.. numbers.Select(i => prints[i]!)];
        ulong[] hashes = [.. compared.Select(static print => print.Hash)];
        var found = new List<(int, int)>[compared.Length];
        Parallel.For(0, compared.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            List<(int, int)> near = [];
            ulong hash = hashes[i];
            for (int j = i + 1; j < hashes.Length; j++)
            {
                if (ulong.PopCount(hash ^ hashes[j]) <= ImagePrint.LargestHashDistance && compared[i].IsNear(compared[j])) near.Add((numbers[i], numbers[j]));
            }
            found[i] = near;
        });
        return [.. found.SelectMany(static pairs => pairs)];
    }
}
