namespace FineTune.Training.Inspection;

/// <summary>Images that belong together, because each is like another one of its group.</summary>
internal static class ImageGroups
{
    /// <summary>The groups that pairs make: the connected components of two or more images.</summary>
    /// <param name="count">The number of images.</param>
    /// <param name="pairs">The numbers of images that are alike.</param>
    /// <returns>The groups in the order of their first images, each in ascending order.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Of(int count, IEnumerable<(int First, int Second)> pairs)
    {
        int[] parents = [.. Enumerable.Range(0, count)];
        foreach ((int first, int second) in pairs)
        {
            (int a, int b) = (Root(first), Root(second));
            // The smaller number is the root, so the result does not depend on the order of the pairs.
            parents[Math.Max(a, b)] = Math.Min(a, b);
        }
        return [.. Enumerable.Range(0, count).GroupBy(Root).Where(static group => group.Skip(1).Any()).Select(static group => group.ToArray())];

        int Root(int image)
        {
            while (parents[image] != image) image = parents[image] = parents[parents[image]];
            return image;
        }
    }
}
