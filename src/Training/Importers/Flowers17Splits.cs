using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;

namespace FineTune.Training.Importers;

/// <summary>
/// The three splits of Flowers-17 that its publishers offer: for each class, 40 images for training, 20 for validation and 20 for testing. The file has the
/// vectors <c>trn1</c>, <c>val1</c>, <c>tst1</c>, …, <c>tst3</c> with the numbers of images, from 1.
/// </summary>
internal static class Flowers17Splits
{
    /// <summary>The number of splits.</summary>
    public const int Count = 3;

    /// <summary>The file.</summary>
    public static PublishedFile File { get; } = new(
        "flowers17-splits", new Uri("https://www.robots.ox.ac.uk/~vgg/data/flowers/17/datasplits.mat"), "md5:" + Md5, "flowers17/datasplits.mat");

    private const string Md5 = "4828cddfd0d803c5abbdebcb1e148a1e";

    /// <summary>The files whose digest is not the published one, and that were reported.</summary>
    private static readonly ConcurrentDictionary<string, bool> Reported = new(StringComparer.Ordinal);

    /// <summary>Whether the file is on this machine.</summary>
    public static bool AreHere(IAssets assets) => assets.Find(File.RelativePath) is not null;

    /// <summary>The part of each image, by its number from 0; null for an image of no part. Downloads the file if it is not on this machine.</summary>
    /// <param name="number">The number of the split, from 1.</param>
    /// <param name="images">The number of images of the dataset.</param>
    /// <param name="context">The input of the importer.</param>
    /// <exception cref="PipelineException">The file is missing, damaged or not that of the dataset.</exception>
    public static DatasetPart?[] Read(int number, int images, ImportContext context)
    {
        string path = context.Assets.Download(File);
        try
        {
            IReadOnlyDictionary<string, double[]> arrays = MatFile.Read(path);
            ReportOther(path, context);
            var parts = new DatasetPart?[images];
            foreach ((string prefix, DatasetPart part) in (ReadOnlySpan<(string, DatasetPart)>)[("trn", DatasetPart.Train), ("val", DatasetPart.Validation), ("tst", DatasetPart.Test)])
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}");
                if (!arrays.TryGetValue(name, out double[]? indices)) throw new InvalidDataException($"It has no array of numbers '{name}'.");
                foreach (double index in indices)
                {
                    if (index != Math.Floor(index) || !(index >= 1 && index <= images))
                    {
                        throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"'{name}' has {index}, which is not the number of an image from 1 to {images}."));
                    }
                    if (parts[(int)index - 1] is not null) throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"It has the image {index} twice in split {number}."));
                    parts[(int)index - 1] = part;
                }
            }
            return parts;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw TrainingDiagnostics.UnreadableSplits.Because(e, null, path, e.Message);
        }
    }

    /// <summary>Reports a file that is not the published one, once in a process.</summary>
    private static void ReportOther(string path, ImportContext context)
    {
        string digest = Convert.ToHexStringLower(FileDigests.Hash(path, HashAlgorithmName.MD5, context.Cancellation));
        if (digest == Md5 || !Reported.TryAdd($"{path}\n{digest}", true)) return;
        context.Report.Warn(
            $"'{path}' is used, but it is not the file at {File.Url}: its md5 is {digest} instead of {Md5}. If that is not intended, remove the file; the next training downloads the published one.");
    }
}
