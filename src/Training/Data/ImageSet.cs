using FineTune.Images;
using FineTune.Training.Inspection;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// The images of one part, while they are being decoded and afterwards. Images that could not be read keep their index, but are not
/// part of <see cref="Readable"/>.
/// </summary>
/// <param name="decoding">Decodes them.</param>
/// <param name="first">The number of the first of them in <paramref name="decoding"/>.</param>
/// <param name="pixels">uint8 <c>[N, H, W, 3]</c>, RGB.</param>
/// <param name="labels">The indices of the classes.</param>
internal sealed class ImageSet(ImageDecoding decoding, int first, StoredTensor pixels, long[] labels) : IDisposable
{
    /// <summary>The number of images, including those that could not be read.</summary>
    public int Count => labels.Length;

    /// <summary>uint8 <c>[N, H, W, 3]</c>, RGB: valid for the images that <see cref="WaitFor"/> has waited for.</summary>
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

    /// <summary>What the images look like, in their order; null for those that could not be read. Waits for the last one.</summary>
    /// <param name="size">The size of the images.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public ImagePrint?[] Prints(ImageSize size, CancellationToken cancellation = default)
    {
        var prints = new ImagePrint?[Count];
        Parallel.ForEach(Readable(cancellation), new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            using Tensor image = Pixels[i];
            prints[i] = ImagePrint.Of(image.bytes, size);
        });
        return prints;
    }

    /// <summary>Waits until the first images are decoded.</summary>
    /// <param name="count">The number of images.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public void WaitFor(int count, CancellationToken cancellation = default) => decoding.WaitFor(first + count, cancellation);

    public void Dispose() => pixels.Dispose();
}
