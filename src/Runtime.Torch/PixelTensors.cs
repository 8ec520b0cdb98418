using FineTune.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>Pixels as tensors.</summary>
public static class PixelTensors
{
    /// <summary>Turns a batch of pixels into a network's input.</summary>
    /// <param name="transform">What happens to the pixels.</param>
    /// <param name="pixels">RGB pixels, <c>[N, H, W, 3]</c>, of type uint8 or float32 in [0, 255].</param>
    /// <returns>
    /// A float32 tensor <c>[N, 3, H, W]</c> on the device of the pixels, in channels-last memory order, which convolutions are
    /// fastest with.
    /// </returns>
    public static Tensor Apply(this PixelTransform transform, Tensor pixels)
    {
        ArgumentNullException.ThrowIfNull(transform);
        ArgumentNullException.ThrowIfNull(pixels);
        using DisposeScope scope = NewDisposeScope();
        Tensor x = transform.Bgr ? pixels.flip(-1) : pixels;
        // Row by row with the figures as often as a row has pixels: in runs of three, processors cannot multiply many at once.
        long width = pixels.shape[2];
        Tensor factor = tensor([.. transform.Std.Select(std => (float)(transform.Scale / std))], device: pixels.device).repeat(width);
        Tensor offset = tensor(
            [.. transform.Mean.Zip(transform.Std, static (mean, std) => (float)(-mean / std))], device: pixels.device).repeat(width);
        Tensor rows = x.reshape(pixels.shape[0], pixels.shape[1], 3 * width).to_type(ScalarType.Float32);
        return rows.mul(factor).add_(offset).view(pixels.shape).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>A batch of pixels that are in memory, on the CPU.</summary>
    /// <param name="pixels">RGB pixels, rows first, one image after another.</param>
    /// <param name="size">The size of each image.</param>
    /// <returns>uint8 <c>[N, H, W, 3]</c>.</returns>
    internal static Tensor ToTensor(Span<byte> pixels, ImageSize size)
    {
        Tensor images = empty([pixels.Length / size.Bytes, size.Height, size.Width, 3], dtype: ScalarType.Byte);
        images.bytes = pixels;
        return images;
    }
}
