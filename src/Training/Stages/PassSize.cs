using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>The number of images that pass through frozen layers at once.</summary>
internal static class PassSize
{
    /// <summary>
    /// Enough to keep a processor's cores busy, but limited to 64 MB of activations: larger passes are not faster and fragment the
    /// heap. On a GPU, the limit is 16 times as large.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="depth">The number of its layers that run.</param>
    /// <param name="device">The device that they run on.</param>
    public static int Of(Network network, int depth, Device device)
    {
        int factor = device.type == DeviceType.CPU ? 1 : 16;
        long largest = network.Layers.Take(Math.Max(depth, 1)).Max(static l => (long)l.Output.Elements) * sizeof(float);
        return (int)Math.Clamp(factor * (64L << 20) / largest, 1, 16 * factor);
    }
}
