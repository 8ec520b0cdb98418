namespace FineTune.Training.Cuda;

/// <summary>How many images of a batch pass through the network at once. The gradients of the parts are summed, so the recipe's batch size stays.</summary>
internal sealed record MicroBatch
{
    private readonly int _least;

    /// <summary>The whole batch at once.</summary>
    /// <param name="batchSize">The recipe's batch size, at least 1.</param>
    /// <param name="least">The fewest images that a pass can have: 2 where batch normalization learns, otherwise 1.</param>
    public MicroBatch(int batchSize, int least = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(least, 1);
        Size = batchSize;
        _least = least;
    }

    /// <summary>The most images of a part, at least 1.</summary>
    public int Size { get; private init; }

    /// <summary>Half of it, rounded up, or null if a part would have fewer images than a pass can have.</summary>
    public MicroBatch? Halved() => Size / 2 >= _least && Size > 1 ? this with { Size = (Size + 1) / 2 } : null;

    /// <summary>Divides a batch into as few parts as possible, which differ by one image at most. A batch that is too small for two parts is one.</summary>
    /// <param name="images">The images of the batch, at least 1; an epoch's last batch may be smaller than the others.</param>
    /// <returns>The first image of each part, and its number of images.</returns>
    public IReadOnlyList<(int Start, int Count)> Parts(int images)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        int parts = Math.Max(1, Math.Min((images + Size - 1) / Size, images / _least));
        return [.. Enumerable.Range(0, parts).Select(part => (First(part), First(part + 1) - First(part)))];

        int First(int part) => (int)((long)images * part / parts);
    }
}
