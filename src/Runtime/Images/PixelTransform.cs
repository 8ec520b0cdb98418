using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Images;

/// <summary>
/// Pixels to a network's input: each channel becomes <c>(pixel × Scale - Mean) / Std</c>, in RGB or BGR order. Generated classifiers
/// carry their weight set's, and the trainer uses the same code, so training and prediction cannot differ.
/// </summary>
/// <param name="Bgr">Whether blue comes first.</param>
/// <param name="Scale">The factor on a pixel of [0, 255].</param>
/// <param name="Mean">Three means in the order of the channels.</param>
/// <param name="Std">Three standard deviations in the order of the channels.</param>
public sealed record PixelTransform(bool Bgr, double Scale, IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    /// <summary>Turns a batch of pixels into a network's input.</summary>
    /// <param name="pixels">RGB pixels, <c>[N, H, W, 3]</c>, of type uint8 or float32 in [0, 255].</param>
    /// <returns>
    /// A float32 tensor <c>[N, 3, H, W]</c> on the device of the pixels, in channels-last memory order, which convolutions are
    /// fastest with.
    /// </returns>
    public Tensor Apply(Tensor pixels)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Bgr ? pixels.flip(-1) : pixels;
        // Row by row with the figures as often as a row has pixels: in runs of three, processors cannot multiply many at once.
        long width = pixels.shape[2];
        Tensor factor = tensor([.. Std.Select(std => (float)(Scale / std))], device: pixels.device).repeat(width);
        Tensor offset = tensor([.. Mean.Zip(Std, static (mean, std) => (float)(-mean / std))], device: pixels.device).repeat(width);
        Tensor rows = x.reshape(pixels.shape[0], pixels.shape[1], 3 * width).to_type(ScalarType.Float32);
        return rows.mul(factor).add_(offset).view(pixels.shape).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
