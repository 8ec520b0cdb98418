using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// The images of one part, while they are being decoded and afterwards. Images that could not be read keep their place, and are left
/// out of <see cref="Readable"/>.
/// </summary>
/// <param name="decoding">What decodes them.</param>
/// <param name="first">The number of the first of them in that decoding.</param>
/// <param name="pixels">uint8 <c>[N, H, W, 3]</c>, RGB.</param>
/// <param name="labels">The indices of the classes.</param>
internal sealed class ImageSet(ImageDecoding decoding, int first, StoredTensor pixels, long[] labels) : IDisposable
{
    /// <summary>All images, with those that could not be read.</summary>
    public int Count => labels.Length;

    /// <summary>uint8 <c>[N, H, W, 3]</c>, RGB: defined as far as <see cref="WaitFor"/> has waited.</summary>
    public Tensor Pixels => pixels.Values;

    /// <summary>The index of the class of each of some images.</summary>
    public long[] LabelsOf(ReadOnlySpan<long> images)
    {
        long[] chosen = new long[images.Length];
        for (int i = 0; i < chosen.Length; i++) chosen[i] = labels[images[i]];
        return chosen;
    }

    /// <summary>The images that could be read, in ascending order. Waits for the last one.</summary>
    public long[] Readable(CancellationToken cancellation = default)
    {
        WaitFor(Count, cancellation);
        return [.. Enumerable.Range(0, Count).Where(i => decoding.IsReadable(first + i)).Select(static i => (long)i)];
    }

    /// <summary>Waits until the first images are decoded.</summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public void WaitFor(int count, CancellationToken cancellation = default) => decoding.WaitFor(first + count, cancellation);

    public void Dispose() => pixels.Dispose();
}
