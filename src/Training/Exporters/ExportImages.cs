using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Processors;

namespace FineTune.Training.Exporters;

/// <summary>The images of a spec's dataset for exporters that measure what they write.</summary>
/// <param name="spec">The spec.</param>
/// <param name="assets">Where its dataset is.</param>
/// <param name="log">Where its importer tells what it does.</param>
/// <param name="cancellation">Ends the decoding.</param>
internal sealed class ExportImages(SpecSource spec, AssetFolders assets, IProgressLog log, CancellationToken cancellation)
{
    private readonly Lazy<DatasetSplit?> _split = new(() => Load(spec, assets, log, cancellation));

    /// <summary>The images of a part in the order of the dataset, decoded as they are asked for; unreadable ones are left out.</summary>
    /// <exception cref="PipelineException">The dataset is not on this machine.</exception>
    public IEnumerable<PreparedImage> Of(DatasetPart part) => Decode(PartOf(Split(), part));

    /// <summary>Those images of a part that have one of the given names; as <see cref="Of(DatasetPart)"/> otherwise.</summary>
    /// <exception cref="PipelineException">The dataset is not on this machine.</exception>
    public IEnumerable<PreparedImage> Of(DatasetPart part, IReadOnlyCollection<string> names)
    {
        HashSet<string> wanted = new(names, StringComparer.Ordinal);
        return Decode([.. PartOf(Split(), part).Where(image => wanted.Contains(image.Name))]);
    }

    /// <summary>Random versions of training images that are spread over the classes; none if training changes no images or the dataset is not here.</summary>
    /// <param name="count">How many images.</param>
    /// <param name="versions">How many versions of each.</param>
    public IReadOnlyList<PreparedImage> Augmented(int count, int versions)
    {
        if (Augmenter.Create(spec, cancellation) is not { } augmenter || SplitIfHere() is not { } split) return [];
        // Images stand in the order of their classes.
        int rows = Math.Min(count, split.Train.Count);
        Dictionary<string, long> numbers = new(StringComparer.Ordinal);
        for (int row = 0; row < rows; row++)
        {
            int number = (int)((long)row * split.Train.Count / rows);
            numbers.Add(split.Train[number].Name, number);
        }
        PreparedImage[] images = [.. Of(DatasetPart.Train, numbers.Keys)];
        if (images.Length == 0 || versions == 0) return [];
        Devices.Choose("cpu", spec.Name);
        ImageSize size = ImageSizes.Of(spec.Network);
        return AugmentedImages.Of(images, [.. images.Select(image => numbers[image.Name])], versions, size.Height, size.Width, augmenter);
    }

    /// <summary>The images of each part; null where the dataset is not on this machine.</summary>
    public DatasetSplit? SplitIfHere() => _split.Value;

    /// <summary>Whether an exporter asked for images that are not on this machine: what it wrote is not all that it could be.</summary>
    public bool HasMissed => _split is { IsValueCreated: true, Value: null };

    private DatasetSplit Split() => SplitIfHere() ?? throw TrainingDiagnostics.NoImages.Exception(null, spec.Plan.Source);

    private static IReadOnlyList<LabeledImage> PartOf(DatasetSplit split, DatasetPart part) => part switch
    {
        DatasetPart.Train => split.Train,
        DatasetPart.Validation => split.Validation,
        _ => split.Test,
    };

    private static DatasetSplit? Load(SpecSource spec, AssetFolders assets, IProgressLog log, CancellationToken cancellation)
    {
        using HttpClient client = Downloader.CreateClient();
        var loader = new DatasetLoader(assets, new Downloader(assets, log, client), log);
        return loader.IsHere(spec, cancellation) ? loader.Load(spec, cancellation) : null;
    }

    private IEnumerable<PreparedImage> Decode(IReadOnlyList<LabeledImage> images)
    {
        ImageSize size = ImageSizes.Of(spec.Network);
        ImageResize? resize = ImageResizes.Of(spec.Network);
        // As many at once as there are processors, and no more in memory than that.
        foreach (LabeledImage[] group in images.Chunk(Math.Max(1, Environment.ProcessorCount)))
        {
            cancellation.ThrowIfCancellationRequested();
            PreparedImage?[] decoded = new PreparedImage?[group.Length];
            Parallel.For(0, group.Length, i => decoded[i] = Decode(group[i], size, resize));
            foreach (PreparedImage? image in decoded)
            {
                if (image is not null) yield return image;
            }
        }
    }

    private static PreparedImage? Decode(LabeledImage image, ImageSize size, ImageResize? resize)
    {
        byte[] pixels = new byte[size.Bytes];
        try
        {
            ImageDecoder.Decode(EncodedImage.Read(image.Path, ImageLimits.Default), size, pixels, resize: resize);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return new PreparedImage(image.Name, image.Class, pixels);
    }
}
