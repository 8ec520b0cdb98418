using System.Collections.Concurrent;
using FineTune.Images;
using FineTune.Training.Diagnostics;
using static TorchSharp.torch;

namespace FineTune.Training.Data;

/// <summary>
/// Decodes the images of a split on all cores. An unreadable image is named and left out; more than 1% of them is an error. The
/// result depends on the images alone, whatever the number of threads.
/// </summary>
internal sealed class ImageSetDecoder(SpecSource spec, IProgressLog log)
{
    private readonly ConcurrentDictionary<string, string> _unreadable = new(StringComparer.Ordinal);

    /// <summary>Decodes every part.</summary>
    /// <exception cref="TrainingException">Too many images are unreadable.</exception>
    public ImageSets Decode(DatasetSplit split)
    {
        var sets = new ImageSets(Decode(split.Train), Decode(split.Validation), Decode(split.Test));
        int all = split.Train.Count + split.Validation.Count + split.Test.Count;
        KeyValuePair<string, string>[] unreadable = [.. _unreadable.OrderBy(static u => u.Key, StringComparer.Ordinal)];
        if (unreadable.Length * 100 > all)
        {
            sets.Dispose();
            throw spec.DataSource.Error(
                TrainingDiagnostics.TooManyUnreadable, unreadable.Length, all, unreadable[0].Key, unreadable[0].Value.TrimEnd('.'));
        }
        foreach ((string path, string reason) in unreadable) log.Report(spec.DataSource.At(TrainingDiagnostics.UnreadableImage, path, reason));
        return sets;
    }

    private ImageSet Decode(IReadOnlyList<LabeledImage> images)
    {
        var size = new ImageSize(spec.Network.InputHeight, spec.Network.InputWidth);
        bool[] readable = new bool[images.Count];
        Tensor pixels = empty([images.Count, size.Height, size.Width, 3], dtype: ScalarType.Byte);
        Parallel.For(0, images.Count, i =>
        {
            using Tensor image = pixels[i];
            readable[i] = TryDecode(images[i], size, image.bytes);
        });

        long[] kept = [.. Enumerable.Range(0, images.Count).Where(i => readable[i]).Select(static i => (long)i)];
        if (kept.Length < images.Count)
        {
            using Tensor indices = tensor(kept);
            using Tensor all = pixels;
            pixels = all.index_select(0, indices);
        }
        return new ImageSet(pixels, tensor([.. kept.Select(i => (long)images[(int)i].Class)]));
    }

    private bool TryDecode(LabeledImage image, ImageSize size, Span<byte> pixels)
    {
        try
        {
            ImageDecoder.Decode(File.ReadAllBytes(image.Path), size, pixels);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _unreadable[image.Path] = e.Message;
            return false;
        }
    }
}
