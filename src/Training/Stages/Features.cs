using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Data;
using FineTune.Training.Processors;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// What enters the layers that learn: the output of the frozen layers in front of them, for every image of a set and, with views, for
/// every version of it. It does not change during a stage, so it is computed once for all epochs, while images are still being decoded.
/// </summary>
internal sealed class Features : IDisposable
{
    /// <summary>The dimension of an image's columns in <c>[N, H, W, 3]</c>.</summary>
    private const int Across = 2;

    /// <summary>Gives the features of rows, of which there are as many for each view as there are images.</summary>
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

    /// <summary>Computes features whenever they are asked for: for layers whose output is not worth keeping.</summary>
    /// <param name="layers">The frozen layers, which become the features' own.</param>
    /// <param name="images">The images, decoded by the time that features are asked for.</param>
    /// <param name="transform">What happens to pixels.</param>
    /// <param name="device">Where the layers are.</param>
    /// <param name="isMirrored">Whether the images are mirrored.</param>
    public static Features OnDemand(InferenceNetwork layers, ImageSet images, PixelTransform transform, Device device, bool isMirrored = false) => new(
        rows =>
        {
            Tensor pixels = images.Pixels.index_select(0, tensor(rows)).to(device);
            return layers.Forward(transform.Apply(isMirrored ? pixels.flip(Across) : pixels)).to_type(ScalarType.Float32);
        },
        layers, images.Count, augmenter: null);

    /// <summary>Takes features that are kept.</summary>
    /// <param name="values"><c>[N × views, F]</c>, or <c>[N × views, H, W, C]</c>: the order that convolutions are fastest with.</param>
    /// <param name="images">The number of images.</param>
    /// <param name="augmenter">What made the versions, or null.</param>
    /// <param name="device">Where features go.</param>
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
    /// <param name="passSize">How many images run at once.</param>
    /// <param name="transform">What happens to pixels.</param>
    /// <param name="device">Where the layers are.</param>
    /// <param name="store">Where features are kept.</param>
    /// <param name="progress">Called with the number of finished image passes and their total.</param>
    /// <param name="augmenter">Makes the versions of images, or null for the images as they are.</param>
    /// <param name="views">How many versions there are of each image.</param>
    /// <param name="isMirrored">Whether the images are mirrored.</param>
    /// <param name="cancellation">Ends the waiting for images.</param>
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
    /// <param name="epoch">The epoch, which decides between views.</param>
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
