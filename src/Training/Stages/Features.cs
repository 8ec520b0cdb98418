using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Data;
using FineTune.Training.Processors;
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
    public static Features OnDemand(InferenceNetwork layers, ImageSet images, PixelTransform transform, Device device, bool isMirrored = false) => new(
        rows =>
        {
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

    /// <summary>Computes the features after each of several parts of the frozen layers, in one pass through all of them.</summary>
    /// <param name="parts">The frozen layers, in parts that follow one another.</param>
    /// <param name="images">The images.</param>
    /// <param name="passSize">The number of images in a pass.</param>
    /// <param name="transform">Normalises pixels.</param>
    /// <param name="device">The device of the layers.</param>
    /// <param name="store">Stores the features.</param>
    /// <param name="progress">Called with the number of finished image passes and their total.</param>
    /// <param name="augmenter">Creates the versions of images; null for unchanged images.</param>
    /// <param name="views">The number of versions of each image.</param>
    /// <param name="isMirrored">Whether the images are mirrored.</param>
    /// <param name="cancellation">Cancels the wait for images.</param>
    /// <returns>The features after each part.</returns>
    /// <exception cref="IOException">The store has no room for them.</exception>
    public static IReadOnlyList<Features> Compute(
        IReadOnlyList<InferenceNetwork> parts, ImageSet images, int passSize, PixelTransform transform, Device device, TensorStore store,
        Action<int, int> progress, Augmenter? augmenter = null, int views = 1, bool isMirrored = false, CancellationToken cancellation = default)
    {
        var values = new StoredTensor?[parts.Count];
        try
        {
            for (int view = 0; view < views; view++)
            {
                for (int start = 0; start < images.Count; start += passSize)
                {
                    using DisposeScope scope = NewDisposeScope();
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
            }
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

    private static Tensor Augment(Augmenter augmenter, Tensor pixels, int start, int view)
    {
        long[] images = new long[pixels.shape[0]];
        for (int i = 0; i < images.Length; i++) images[i] = start + i;
        return augmenter.ApplyView(pixels, images, view);
    }
}
