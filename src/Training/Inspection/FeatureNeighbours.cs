using static TorchSharp.torch;

namespace FineTune.Training.Inspection;

/// <summary>Two images that look alike to the pretrained backbone, though not pixel by pixel: the same scene or object again, or a cropped copy.</summary>
/// <param name="First">The number of the one image.</param>
/// <param name="Second">The number of the other image, which is larger.</param>
/// <param name="Cosine">The cosine of their features, less the mean of all features; at most 1.</param>
internal sealed record FeatureNeighbours(int First, int Second, double Cosine)
{
    /// <summary>The cosine from which images are listed.</summary>
    public const double LeastCosine = 0.9;

    private const int Rows = 1024;

    /// <summary>The pairs of images with a large cosine; the largest first.</summary>
    /// <param name="features">The features by the number of the image; null for images without.</param>
    /// <param name="cancellation">Cancels the search.</param>
    public static IReadOnlyList<FeatureNeighbours> Find(IReadOnlyList<float[]?> features, CancellationToken cancellation = default)
    {
        int[] numbers = [.. Enumerable.Range(0, features.Count).Where(i => features[i] is not null)];
        if (numbers.Length < 2) return [];
        using IDisposable noGradient = no_grad();
        using Tensor all = Directions([.. numbers.Select(i => features[i]!)]);
        List<FeatureNeighbours> found = [];
        for (int start = 0; start < numbers.Length; start += Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = TorchSharp.torch.NewDisposeScope();
            Tensor cosines = all.narrow(0, start, Math.Min(Rows, numbers.Length - start)).matmul(all.t());
            Tensor places = (cosines >= LeastCosine).nonzero();
            ReadOnlySpan<long> pairs = places.data<long>().ToArray();
            for (int i = 0; i < pairs.Length; i += 2)
            {
                int first = start + (int)pairs[i], second = (int)pairs[i + 1];
                if (first < second) found.Add(new FeatureNeighbours(numbers[first], numbers[second], cosines[pairs[i], pairs[i + 1]].item<float>()));
            }
        }
        return [.. found.OrderByDescending(static pair => pair.Cosine).ThenBy(static pair => (pair.First, pair.Second))];
    }

    /// <summary>The differences from the mean, at length 1. Without the mean, all features point into about the same direction.</summary>
    private static Tensor Directions(float[][] features)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        Tensor rows = tensor(features.SelectMany(static row => row).ToArray(), [features.Length, features[0].Length]);
        Tensor centred = rows - rows.mean([0], keepdim: true);
        return (centred / centred.norm(1, keepdim: true).clamp_min(1e-12)).MoveToOuterDisposeScope();
    }
}
