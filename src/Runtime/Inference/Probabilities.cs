using FineTune.Images;

namespace FineTune.Inference;

/// <summary>Pixels to probabilities, by whatever computes the logits.</summary>
internal static class Probabilities
{
    /// <summary>Computes the softmax of the logits, or the mean of that and the same of the mirrored images.</summary>
    /// <param name="computeLogits">Runs a network on pixels of so many images; gives their logits, one after another.</param>
    /// <param name="pixels">The RGB pixels of images of the input size, one after another.</param>
    /// <param name="count">How many images.</param>
    /// <param name="size">The size of each.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="mirror">Whether to look at the mirrored images, too.</param>
    /// <returns>The probabilities of each image, one after another.</returns>
    public static double[] Compute(Func<byte[], int, float[]> computeLogits, byte[] pixels, int count, ImageSize size, int classes, bool mirror)
    {
        double[] probabilities = Softmax.Compute(computeLogits(pixels, count), classes);
        if (!mirror) return probabilities;
        double[] mirrored = Softmax.Compute(computeLogits(MirroredPixels.Of(pixels, count, size), count), classes);
        for (int i = 0; i < probabilities.Length; i++) probabilities[i] = (probabilities[i] + mirrored[i]) / 2;
        return probabilities;
    }
}
