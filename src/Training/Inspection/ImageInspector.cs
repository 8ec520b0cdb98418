using System.Diagnostics;
using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;

namespace FineTune.Training.Inspection;

/// <summary>Looks at every image of a split, as the network gets to see it. Pixels are not kept.</summary>
/// <param name="spec">The spec.</param>
/// <param name="digests">Digests files.</param>
/// <param name="features">Computes features; null to compute none.</param>
/// <param name="log">Receives progress.</param>
internal sealed class ImageInspector(SpecSource spec, FileDigests digests, FeatureReader? features, IProgressLog log)
{
    private const int DecodedAtOnce = 32;

    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(15);

    /// <summary>Looks at the images: those of the training part first, then those of validation, then those of the test.</summary>
    /// <exception cref="TrainingException">A file of the dataset cannot be read.</exception>
    public IReadOnlyList<InspectedImage> Look(DatasetSplit split, CancellationToken cancellation)
    {
        (LabeledImage Image, DatasetPart Part)[] images =
        [
            .. split.Train.Select(static image => (image, DatasetPart.Train)),
            .. split.Validation.Select(static image => (image, DatasetPart.Validation)),
            .. split.Test.Select(static image => (image, DatasetPart.Test)),
        ];
        string[] contents = ImageDigests.Of(images.Select(static image => image.Image), split.Root, digests, spec, cancellation);
        (ImageSize size, ImageResize? resize) = (ImageSizes.Of(spec.Network), ImageResizes.Of(spec.Network));
        List<InspectedImage> looked = new(images.Length);
        var clock = Stopwatch.StartNew();
        TimeSpan told = TimeSpan.Zero;
        foreach (int[] numbers in Enumerable.Range(0, images.Length).Chunk(features?.BatchSize ?? DecodedAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            var decoded = new (InspectedImage Image, byte[]? Pixels)[numbers.Length];
            Parallel.For(0, numbers.Length, i => decoded[i] = Decode(new InspectedImage(images[numbers[i]].Image, images[numbers[i]].Part, contents[numbers[i]]), size, resize));
            looked.AddRange(WithFeatures(decoded));
            if (clock.Elapsed - told < BetweenLines) continue;
            told = clock.Elapsed;
            log.Line(FormattableString.Invariant($"{spec.Network.ClassName}: looked at {looked.Count} of {images.Length} images"));
        }
        return looked;
    }

    private IEnumerable<InspectedImage> WithFeatures((InspectedImage Image, byte[]? Pixels)[] decoded)
    {
        if (features is null) return decoded.Select(static image => image.Image);
        byte[][] readable = [.. decoded.Select(static image => image.Pixels).OfType<byte[]>()];
        var rows = new Queue<float[]>(features.Of(readable));
        return [.. decoded.Select(image => image.Pixels is null ? image.Image : image.Image with { Features = rows.Dequeue() })];
    }

    private static (InspectedImage Image, byte[]? Pixels) Decode(InspectedImage image, ImageSize size, ImageResize? resize)
    {
        try
        {
            ArraySegment<byte> encoded = EncodedImage.Read(image.Image.Path, ImageLimits.Default);
            byte[] pixels = new byte[size.Bytes];
            ImageDecoder.Decode(encoded, size, pixels, resize: resize);
            return (image with
            {
                Size = ImageDecoder.ReadSize(encoded),
                Orientation = ImageDecoder.ReadOrientation(encoded),
                Print = ImagePrint.Of(pixels, size),
                Sharpness = ImageSharpness.Of(pixels, size),
            }, pixels);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return (image with { Fault = e.Message }, null);
        }
    }
}
