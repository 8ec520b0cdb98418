using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Data;
using FineTune.Training.Processors;
using FineTune.Training.Ranks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// The input of the layers that learn: the output of the frozen layers before them, for every image of a set and, with views, for
/// every version of it. It does not change during a stage, so it is computed once for all epochs, while images are still being decoded.
/// </summary>
internal sealed class Features : IDisposable
{
    /// <summary>The dimension of an image's columns in <c>[N, H, W, 3]</c>.</summary>
    private const int Across = 2;

    /// <summary>Returns the features of rows. For each view, there is one row per image.</summary>
    private readonly Func<long[], Tensor> _rows;

    private readonly IDisposable _owned;
    private readonly int _images;
    private readonly Augmenter? _augmenter;

    private Features(Func<long[], Tensor> rows, IDisposable owned, int images, Augmenter? augmenter)
    {
        _rows = rows;
        _owned = owned;
        _images = images;
        _augmenter = augmenter;
    }

    /// <summary>Creates features that are computed for each batch, for layers whose output is not worth keeping.</summary>
    /// <param name="layers">The frozen layers; the features own them.</param>
    /// <param name="images">The images, which must be decoded when features are computed.</param>
    /// <param name="transform">Normalises pixels.</param>
    /// <param name="device">The device of the layers.</param>
    /// <param name="isMirrored">Whether the images are mirrored.</param>
    /// <param name="ranks">The ranks that wait for this one in the meantime.</param>
    public static Features OnDemand(
        InferenceNetwork layers, ImageSet images, PixelTransform transform, Device device, bool isMirrored, ICollectives ranks) => new(
        rows =>
        {
            ranks.Attend();
            Tensor pixels = images.Pixels.index_select(0, tensor(rows)).to(device);
            return layers.Forward(transform.Apply(isMirrored ? pixels.flip(Across) : pixels)).to_type(ScalarType.Float32);
        },
        layers, images.Count, augmenter: null);

    /// <summary>Creates features from stored values.</summary>
    /// <param name="values"><c>[N × views, F]</c>, or <c>[N × views, H, W, C]</c>: the order in which convolutions are fastest.</param>
    /// <param name="images">The number of images.</param>
    /// <param name="augmenter">Created the versions, or null.</param>
    /// <param name="device">The device of the returned features.</param>
    private static Features Kept(StoredTensor values, int images, Augmenter? augmenter, Device device) => new(
        rows =>
        {
            Tensor chosen = values.Values.index_select(0, tensor(rows)).to(device).to_type(ScalarType.Float32);
            return chosen.dim() == 4 ? chosen.permute(0, 3, 1, 2) : chosen;
        },
        values, images, augmenter);

    /// <summary>
    /// Computes the features after each of several parts of the frozen layers, in one pass through all of them. Each rank computes its share of the
    /// passes, and all ranks get all features. A pass has the same images whatever the number of ranks, and so the same results.
    /// </summary>
    /// <param name="parts">The frozen layers, in parts that follow one another.</param>
    /// <param name="images">The images.</param>
    /// <param name="passSize">The number of images in a pass.</param>
    /// <param name="transform">Normalises pixels.</param>
    /// <param name="device">The device of the layers.</param>
    /// <param name="store">Stores the features.</param>
    /// <param name="progress">Called with the number of finished image passes and their total.</param>
    /// <param name="ranks">The ranks that share the passes.</param>
    /// <param name="augmenter">Creates the versions of images; null for unchanged images.</param>
    /// <param name="views">The number of versions of each image.</param>
    /// <param name="isMirrored">Whether the images are mirrored.</param>
    /// <param name="cancellation">Cancels the wait for images.</param>
    /// <returns>The features after each part.</returns>
    /// <exception cref="IOException">The store has no room for them.</exception>
    public static IReadOnlyList<Features> Compute(
        IReadOnlyList<InferenceNetwork> parts, ImageSet images, int passSize, PixelTransform transform, Device device, TensorStore store,
        Action<int, int> progress, ICollectives ranks, Augmenter? augmenter = null, int views = 1, bool isMirrored = false, CancellationToken cancellation = default)
    {
        var values = new StoredTensor?[parts.Count];
        try
        {
            int perView = (images.Count + passSize - 1) / passSize, passes = views * perView;
            for (int pass = FirstPass(ranks.Rank); pass < FirstPass(ranks.Rank + 1); pass++)
            {
                using DisposeScope scope = NewDisposeScope();
                ranks.Attend();
                (int view, int start) = (pass / perView, pass % perView * passSize);
                int count = Math.Min(passSize, images.Count - start);
                images.WaitFor(start + count, cancellation);
                Tensor pixels = images.Pixels.narrow(0, start, count).to(device);
                if (isMirrored) pixels = pixels.flip(Across);
                if (augmenter is not null) pixels = Augment(augmenter, pixels, start, view);
                Tensor output = transform.Apply(pixels);
                for (int part = 0; part < parts.Count; part++)
                {
                    output = parts[part].Forward(output);
                    Tensor inOrder = output.dim() == 4 ? output.permute(0, 2, 3, 1) : output;
                    StoredTensor all = values[part] ??= store.Allocate([(long)views * images.Count, .. inOrder.shape[1..]], output.dtype);
                    all.Values.narrow(0, (long)view * images.Count + start, count).copy_(inOrder);
                }
                progress(view * images.Count + start + count, views * images.Count);
            }
            if (ranks.Size > 1 && passes > 0)
            {
                for (int part = 0; part < parts.Count; part++)
                {
                    StoredTensor all = values[part] = AllocateAsRankZero(values[part], store, ranks);
                    for (int rank = 0; rank < ranks.Size; rank++)
                    {
                        long first = FirstRow(FirstPass(rank)), next = FirstRow(FirstPass(rank + 1));
                        ranks.BroadcastRows(all.Values, first, next - first, rank);
                    }
                }
            }

            // Rank 0 has at least as many passes as any other.
            int FirstPass(int rank) => (int)(((long)passes * rank + ranks.Size - 1) / ranks.Size);

            long FirstRow(int pass) => pass == passes ? (long)views * images.Count : (long)(pass / perView) * images.Count + (long)(pass % perView) * passSize;
            return [.. values.Select(all => Kept(all ?? store.Allocate([0], ScalarType.Float32), images.Count, augmenter, device))];
        }
        catch
        {
            foreach (StoredTensor? tensor in values) tensor?.Dispose();
            throw;
        }
    }

    /// <summary>The float32 features of some images, on the device: <c>[N, F]</c>, or <c>[N, C, H, W]</c> in channels-last memory order.</summary>
    /// <param name="images">The images.</param>
    /// <param name="epoch">The epoch, which determines the view.</param>
    public Tensor Of(ReadOnlySpan<long> images, int epoch)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] rows = images.ToArray();
        if (_augmenter is not null)
        {
            for (int i = 0; i < rows.Length; i++) rows[i] += _augmenter.Version(images[i], epoch) * _images;
        }
        return _rows(rows).MoveToOuterDisposeScope();
    }

    public void Dispose() => _owned.Dispose();

    /// <summary>The tensor of a rank that had no pass, and so does not know the shape of the output.</summary>
    private static StoredTensor AllocateAsRankZero(StoredTensor? own, TensorStore store, ICollectives ranks)
    {
        var type = (ScalarType)ranks.Broadcast((int)(own?.Values.dtype ?? default));
        int dimensions = ranks.Broadcast(own?.Values.shape.Length ?? 0);
        long[] shape = own?.Values.shape ?? new long[dimensions];
        for (int i = 0; i < dimensions; i++) shape[i] = ranks.Broadcast(shape[i]);
        return own ?? store.Allocate(shape, type);
    }

    private static Tensor Augment(Augmenter augmenter, Tensor pixels, int start, int view)
    {
        long[] images = new long[pixels.shape[0]];
        for (int i = 0; i < images.Length; i++) images[i] = start + i;
        return augmenter.ApplyView(pixels, images, view);
    }
}
