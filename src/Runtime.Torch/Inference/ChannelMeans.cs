using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>The features of images, from the output of a layer.</summary>
internal static class ChannelMeans
{
    /// <summary>Averages each channel over rows and columns.</summary>
    /// <param name="output"><c>[N, C, H, W]</c>, or <c>[N, C]</c>, which is taken as it is.</param>
    /// <returns>C numbers for each of the N images.</returns>
    public static float[][] Compute(Tensor output)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor single = output.to_type(ScalarType.Float32);
        Tensor means = (single.dim() == 4 ? single.mean([2, 3]) : single).cpu().contiguous();
        return [.. means.data<float>().ToArray().Chunk((int)means.shape[1])];
    }
}
