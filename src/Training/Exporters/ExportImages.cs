using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Exporters;

/// <summary>The images of a spec's dataset for exporters that measure what they write.</summary>
/// <param name="spec">The spec.</param>
/// <param name="assets">Where its dataset is.</param>
/// <param name="log">Where its importer tells what it does.</param>
/// <param name="cancellation">Ends the decoding.</param>
internal sealed class ExportImages(SpecSource spec, AssetFolders assets, IProgressLog log, CancellationToken cancellation)
{
    private readonly Lazy<DatasetSplit> _split = new(() => Load(spec, assets, log, cancellation));

    /// <summary>The images of a part in the order of the dataset, decoded as they are asked for; unreadable ones are left out.</summary>
    /// <exception cref="PipelineException">The dataset is not on this machine.</exception>
    public IEnumerable<PreparedImage> Of(DatasetPart part)
    {
        DatasetSplit split = _split.Value;
        return Decode(part switch
        {
            DatasetPart.Train => split.Train,
            DatasetPart.Validation => split.Validation,
            _ => split.Test,
        });
    }

    private static DatasetSplit Load(SpecSource spec, AssetFolders assets, IProgressLog log, CancellationToken cancellation)
    {
        using HttpClient client = Downloader.CreateClient();
        var loader = new DatasetLoader(assets, new Downloader(assets, log, client), log);
        return loader.IsHere(spec, cancellation) ? loader.Load(spec, cancellation) : throw TrainingDiagnostics.NoImages.Exception(null, spec.Plan.Source);
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
