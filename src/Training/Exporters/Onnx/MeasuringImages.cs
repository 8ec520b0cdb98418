using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The dataset's images as a network's inputs, for what an export measures.</summary>
/// <param name="context">The export.</param>
/// <param name="options">What messages name.</param>
internal sealed class MeasuringImages(ExportContext context, OnnxOptions options)
{
    /// <summary>The images of a pass.</summary>
    private const int BatchSize = 8;

    private readonly ImageSize _size = new(context.Model.InputHeight, context.Model.InputWidth);
    private readonly PixelTransform _transform = TransformOf(context.Model.Preparation);

    /// <summary>Ends the work.</summary>
    public CancellationToken Cancellation => context.Cancellation;

    /// <summary>A sample of the training images, the same each time; any one is as likely to be in it as any other.</summary>
    /// <param name="count">The most that it has.</param>
    /// <exception cref="PipelineException">There are none.</exception>
    public IReadOnlyList<PreparedImage> Sample(int count)
    {
        List<PreparedImage> sample = [];
        // Vitter's algorithm R, as the number of images is not known before the last.
        ulong state = 1;
        int seen = 0;
        foreach (PreparedImage image in context.Images(DatasetPart.Train))
        {
            Cancellation.ThrowIfCancellationRequested();
            seen++;
            if (sample.Count < count) sample.Add(image);
            else if (Below(seen) is var place && place < count) sample[place] = image;
        }
        return sample.Count > 0 ? sample : throw Nothing("training");

        // SplitMix64, so that another version of .NET draws the same.
        int Below(int limit)
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (int)((z ^ (z >> 31)) % (ulong)limit);
        }
    }

    /// <summary>The test images in batches, with their classes.</summary>
    /// <exception cref="PipelineException">There are none.</exception>
    public IEnumerable<(float[] Input, int[] Classes)> Test()
    {
        bool any = false;
        foreach (PreparedImage[] batch in context.Images(DatasetPart.Test).Chunk(BatchSize))
        {
            any = true;
            Cancellation.ThrowIfCancellationRequested();
            yield return (Prepare(batch), [.. batch.Select(static image => image.Class)]);
        }
        if (!any) throw Nothing("test");
    }

    /// <summary>Images as the input of a network: <c>[N, 3, H, W]</c>.</summary>
    public float[] Prepare(IReadOnlyList<PreparedImage> images)
    {
        byte[] pixels = new byte[images.Count * _size.Bytes];
        for (int i = 0; i < images.Count; i++) images[i].Pixels.Span.CopyTo(pixels.AsSpan(i * _size.Bytes));
        return Prepare(pixels, images.Count);
    }

    /// <summary>The image that networks are checked with, as the input of a network.</summary>
    public float[] Check() => Prepare(Inference.CheckImage.Create(_size), 1);

    private float[] Prepare(byte[] pixels, int count) => PreparedPixels.Of(pixels, count, _size, _transform);

    private PipelineException Nothing(string part) => TrainingDiagnostics.NothingToMeasure.Exception(OnnxOptions.PrecisionKey, options.PrecisionWord, part);

    private static PixelTransform TransformOf(InputPreparation preparation) => new(preparation.IsBgr, preparation.Scale, [.. preparation.Mean], [.. preparation.Std]);
}
