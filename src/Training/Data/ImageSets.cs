using System.Globalization;
using FineTune.Images;
using FineTune.Training.Diagnostics;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// The images of a split, decoded in the background. An unreadable image is reported and skipped; more than 1% of them is an error.
/// </summary>
internal sealed class ImageSets : IDisposable
{
    private readonly SpecSource _spec;
    private readonly DatasetSplit _split;
    private readonly ImageDecoding _decoding;

    /// <summary>Begins to decode.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="split">The images.</param>
    /// <param name="store">Stores the pixels.</param>
    /// <exception cref="TrainingException">There is no room for the pixels.</exception>
    public ImageSets(SpecSource spec, DatasetSplit split, TensorStore store)
    {
        _spec = spec;
        _split = split;
        ImageSize size = ImageSizes.Of(spec.Network);
        IReadOnlyList<LabeledImage>[] parts = [split.Train, split.Validation, split.Test];
        List<StoredTensor> pixels = [];
        try
        {
            foreach (IReadOnlyList<LabeledImage> part in parts) pixels.Add(store.Allocate([part.Count, size.Height, size.Width, 3], ScalarType.Byte));
        }
        catch (IOException e)
        {
            foreach (StoredTensor tensor in pixels) tensor.Dispose();
            throw spec.DataSource.Error(e, TrainingDiagnostics.NoRoom, e.Message);
        }
        _decoding = new ImageDecoding([.. parts.SelectMany(static p => p)], size, ImageResizes.Of(spec.Network), number =>
        {
            int part = 0;
            for (; number >= parts[part].Count; part++) number -= parts[part].Count;
            return (pixels[part].Values, number);
        });
        Train = Part(0);
        Validation = Part(1);
        Test = Part(2);

        ImageSet Part(int index) => new(
            _decoding, parts.Take(index).Sum(static p => p.Count), pixels[index], [.. parts[index].Select(static image => (long)image.Class)]);
    }

    public ImageSet Train { get; }

    public ImageSet Validation { get; }

    public ImageSet Test { get; }

    /// <summary>Waits for the last image, and logs a summary.</summary>
    /// <exception cref="TrainingException">Too many images are unreadable.</exception>
    public void Complete(IProgressLog log, CancellationToken cancellation = default)
    {
        ReportUnreadable(log, cancellation);
        log.Line(string.Create(CultureInfo.InvariantCulture,
            $"{_spec.Network.ClassName}: decoded {_split.Count} images ({_split.Train.Count} train, {_split.Validation.Count} validation, {_split.Test.Count} test), {_split.Count / _decoding.Elapsed.TotalSeconds:0} images/s{(_split.Unlisted > 0 ? $"; {_split.Unlisted} are in no list" : "")}"));
    }

    /// <summary>Waits for the last image, and reports those that could not be read.</summary>
    /// <exception cref="TrainingException">Too many images are unreadable.</exception>
    public void ReportUnreadable(IProgressLog log, CancellationToken cancellation = default)
    {
        _decoding.WaitFor(_split.Count, cancellation);
        IReadOnlyList<LabeledImage> images = [.. _split.Train, .. _split.Validation, .. _split.Test];
        (string Path, string Reason)[] unreadable =
            [.. _decoding.Unreadable.Select(u => (images[u.Key].Path, u.Value)).OrderBy(static u => u.Path, StringComparer.Ordinal)];
        if (unreadable.Length * 100 > _split.Count)
        {
            throw _spec.DataSource.Error(
                TrainingDiagnostics.TooManyUnreadable, unreadable.Length, _split.Count, unreadable[0].Path, unreadable[0].Reason.TrimEnd('.'));
        }
        foreach ((string path, string reason) in unreadable) log.Report(_spec.DataSource.At(TrainingDiagnostics.UnreadableImage, path, reason));
    }

    public void Dispose()
    {
        _decoding.Dispose();
        Train.Dispose();
        Validation.Dispose();
        Test.Dispose();
    }
}
