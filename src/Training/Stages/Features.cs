using FineTune.Images;
using FineTune.Training.Data;
using FineTune.Training.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// What enters the layers that learn: the output of the frozen layers in front of them. Without augmentation it does not change
/// during a stage, so it is computed once for all epochs.
/// </summary>
/// <param name="Values">float32 <c>[N, …]</c>.</param>
/// <param name="Labels">int64 <c>[N]</c>.</param>
internal sealed record Features(Tensor Values, Tensor Labels) : IDisposable
{
    /// <summary>Images per pass: enough to keep every core busy, few enough to stay in its cache.</summary>
    private const int PassSize = 16;

    public int Count => (int)Labels.shape[0];

    public void Dispose() => Values.Dispose();

    /// <summary>Runs the first <paramref name="depth"/> layers over a set of images.</summary>
    /// <param name="module">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="transform">What happens to pixels.</param>
    /// <param name="depth">How many layers to run.</param>
    /// <param name="device">Where to run them; the features stay there.</param>
    /// <param name="progress">Told how many images are done.</param>
    public static Features Compute(
        NetworkModule module, ImageSet images, PixelTransform transform, int depth, Device device, Action<int> progress)
    {
        using IDisposable inference = no_grad();
        Tensor? values = null;
        for (int start = 0; start < images.Count; start += PassSize)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(PassSize, images.Count - start);
            Tensor input = transform.Apply(images.Pixels.narrow(0, start, count).to(device));
            Tensor output = module.Forward(input, 0, depth);
            values ??= empty([images.Count, .. output.shape[1..]], device: device).DetachFromDisposeScope();
            values.narrow(0, start, count).copy_(output);
            progress(start + count);
        }
        return new Features(values!, images.Labels.to(device));
    }
}
