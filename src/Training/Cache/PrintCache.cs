using System.Collections.Concurrent;
using FineTune.Files;
using FineTune.Images;
using FineTune.Training.Data;
using FineTune.Training.Inspection;
using FineTune.Training.Locks;
using ModelSpec.Locks;
using ModelSpec.Networks;

namespace FineTune.Training.Cache;

/// <summary>The prints of images by the digests of their files, so that an unchanged image is decoded once. They can be computed again.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class PrintCache(CacheFolder folder)
{
    /// <summary>Changes when the same pixels get other prints.</summary>
    private const int Revision = 1;

    /// <summary>The prints of images, as a network gets to see them.</summary>
    /// <param name="images">The images.</param>
    /// <param name="root">The folder that contains them.</param>
    /// <param name="network">The network, which decides how images are resized.</param>
    /// <param name="cancellation">Cancels reading.</param>
    /// <returns>The prints in the order of the images, null for images that cannot be read; and how many images were decoded.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public (IReadOnlyList<ImagePrint?> Prints, int Decoded) Of(
        IReadOnlyList<LabeledImage> images, string root, Network network, CancellationToken cancellation = default)
    {
        string[] digests = new FileDigests(folder.Digests).Of([.. images.Select(static image => image.Path)], root, cancellation);
        (ImageSize size, ImageResize? resize) = (ImageSizes.Of(network), ImageResizes.Of(network));
        string path = folder.Prints(Digest.Of(FormattableString.Invariant($"{Revision}\n{Path.GetFullPath(root)}\n{size}\n{resize}")));
        Dictionary<string, ImagePrint> known = Read(path);
        var learnt = new ConcurrentDictionary<string, ImagePrint>(StringComparer.Ordinal);
        (string Digest, string Path)[] missing =
            [.. digests.Zip(images, static (digest, image) => (digest, image.Path)).Where(image => !known.ContainsKey(image.digest)).DistinctBy(static image => image.digest)];
        Parallel.ForEach(missing, new ParallelOptions { CancellationToken = cancellation }, image =>
        {
            if (Decode(image.Path, size, resize) is { } print) learnt[image.Digest] = print;
        });
        foreach ((string digest, ImagePrint print) in learnt) known[digest] = print;
        if (!learnt.IsEmpty) Write(path, known);
        return ([.. digests.Select(known.GetValueOrDefault)], missing.Length);
    }

    private static ImagePrint? Decode(string path, ImageSize size, ImageResize? resize)
    {
        byte[] pixels = new byte[size.Bytes];
        try
        {
            ImageDecoder.Decode(EncodedImage.Read(path, ImageLimits.Default), size, pixels, resize: resize);
        }
        catch (InvalidDataException)
        {
            // A training reports it.
            return null;
        }
        return ImagePrint.Of(pixels, size);
    }

    private static Dictionary<string, ImagePrint> Read(string path)
    {
        Entry? entry = null;
        BestEffort.Run(() => entry = CacheEntries.Read<Entry>(path));
        var prints = new Dictionary<string, ImagePrint>(StringComparer.Ordinal);
        for (int i = 0; i < (entry?.Digests.Length ?? 0); i++)
        {
            prints[entry!.Digests[i]] = new ImagePrint(entry.Hashes[i], entry.Pixels[(i * ImagePrint.Bytes)..((i + 1) * ImagePrint.Bytes)]);
        }
        return prints;
    }

    private static void Write(string path, Dictionary<string, ImagePrint> prints)
    {
        string[] digests = [.. prints.Keys.Order(StringComparer.Ordinal)];
        var entry = new Entry(digests, [.. digests.Select(digest => prints[digest].Hash)], [.. digests.SelectMany(digest => prints[digest].Pixels)]);
        BestEffort.Run(() => CacheEntries.Write(path, entry));
    }

    private sealed record Entry(string[] Digests, ulong[] Hashes, byte[] Pixels);
}
