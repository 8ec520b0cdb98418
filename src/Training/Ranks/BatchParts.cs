namespace FineTune.Training.Ranks;

/// <summary>
/// The parts of a batch whose gradients are computed one by one, and which of them this rank computes. Parts are consecutive images of the batch, as equal
/// in number as possible.
/// </summary>
/// <param name="ranks">The ranks that share the parts; each gets the same number of consecutive ones.</param>
/// <param name="count">The number of parts: a multiple of the number of ranks.</param>
/// <param name="leastImages">The number of images that a part has at least; if a batch has too few, its last parts are empty.</param>
internal sealed class BatchParts(ICollectives ranks, int count, int leastImages = 1)
{
    /// <summary>The number of parts.</summary>
    public int Count => count;

    /// <summary>The number of images that a part has at least, unless the batch has fewer.</summary>
    public int LeastImages => leastImages;

    /// <summary>The parts of this rank in a batch: where each begins, and its number of images, which may be 0.</summary>
    /// <param name="images">The number of images in the batch.</param>
    public IEnumerable<(int First, int Count)> Own(int images)
    {
        int own = count / ranks.Size, filled = Math.Max(1, Math.Min(count, images / leastImages));
        for (int part = ranks.Rank * own; part < (ranks.Rank + 1) * own; part++)
        {
            int first = Edge(Math.Min(part, filled)), next = Edge(Math.Min(part + 1, filled));
            yield return (first, next - first);
        }

        int Edge(int part) => (int)((long)images * part / filled);
    }
}
