using FineTune.Pipeline;
using FineTune.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Processors;

/// <summary>Random versions of decoded images, as the first stage sees them.</summary>
internal static class AugmentedImages
{
    /// <summary>Changes images.</summary>
    /// <param name="images">The images, all of one size.</param>
    /// <param name="numbers">The number of each of them among the training images, which decides its versions.</param>
    /// <param name="versions">How many versions to make of each: those of the first epochs.</param>
    /// <param name="height">Rows of each image.</param>
    /// <param name="width">Columns of each image.</param>
    /// <param name="augmenter">Makes the versions.</param>
    /// <returns>The versions of the first image, then those of the second, and so on.</returns>
    public static IReadOnlyList<PreparedImage> Of(
        IReadOnlyList<PreparedImage> images, long[] numbers, int versions, int height, int width, Augmenter augmenter)
    {
        using DisposeScope scope = NewDisposeScope();
        int size = height * width * 3;
        byte[] pixels = new byte[images.Count * size];
        for (int i = 0; i < images.Count; i++) images[i].Pixels.Span.CopyTo(pixels.AsSpan(i * size));
        Tensor batch = tensor(pixels, [images.Count, height, width, 3]);
        var changed = new PreparedImage[images.Count * versions];
        for (int version = 0; version < versions; version++)
        {
            using DisposeScope one = NewDisposeScope();
            byte[] bytes = augmenter.Apply(batch, numbers, stage: 0, epoch: version + 1).round().clamp(0, 255).to_type(ScalarType.Byte).contiguous().bytes.ToArray();
            for (int i = 0; i < images.Count; i++) changed[i * versions + version] = images[i] with { Pixels = bytes.AsMemory(i * size, size) };
        }
        return changed;
    }
}
