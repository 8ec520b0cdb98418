using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using FineTune.Files;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Importers;

/// <summary>
/// Oxford Flowers-17 (Nilsback and Zisserman, "A Visual Vocabulary for Flower Classification", CVPR 2006): 17 classes of 80 images
/// each, <c>image_0001.jpg</c> … <c>image_1360.jpg</c> in the order of the classes.
/// </summary>
internal sealed class Flowers17Importer : IDatasetImporter
{
    private const int PerClass = 80;
    private const string Folder = "flowers17";

    private static readonly string[] ClassNames =
    [
        "daffodil", "snowdrop", "lily valley", "bluebell", "crocus", "iris", "tigerlily", "tulip", "fritillary", "sunflower", "daisy",
        "coltsfoot", "dandelion", "cowslip", "buttercup", "windflower", "pansy",
    ];

    private static readonly PublishedFile Archive = new(
        "flowers17", new Uri("https://www.robots.ox.ac.uk/~vgg/data/flowers/17/17flowers.tgz"), "md5:b59a65d8d1a99cd66944d474e1289eab",
        $"{Folder}/17flowers.tgz", "60.3 MB");

    /// <inheritdoc />
    public string Name => "flowers17";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<PublishedFile> Downloads => [Archive, Flowers17Splits.File];

    /// <inheritdoc />
    public int OfficialSplits => Flowers17Splits.Count;

    /// <inheritdoc />
    public bool IsHere(ImportContext context) => Find(context) is not null && (context.OfficialSplit is null || Flowers17Splits.AreHere(context.Assets));

    /// <inheritdoc />
    public ImportedDataset Import(ImportContext context)
    {
        if (!context.Classes.SequenceEqual(ClassNames, StringComparer.OrdinalIgnoreCase))
        {
            throw TrainingDiagnostics.NotTheDataset.Exception(
                PipelineException.Classes, string.Join(", ", context.Classes), "the class list of flowers17",
                "write classes = [" + string.Join(", ", ClassNames.Select(static c => $"\"{c}\"")) + "].");
        }

        string root = Find(context) ?? Fetch(context);
        List<ImportedImage> images = [];
        for (int i = 0; i < PerClass * ClassNames.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"image_{i + 1:0000}.jpg");
            images.Add(new ImportedImage(Path.Combine(root, name), name, i / PerClass));
        }
        if (images.Find(static image => !File.Exists(image.Path)) is { } missing)
        {
            throw TrainingDiagnostics.NotTheDataset.Exception(null, root, "the whole of flowers17", $"'{missing.Name}' is missing.");
        }
        if (context.OfficialSplit is not { } number) return new ImportedDataset(root, images);
        DatasetPart?[] parts = Flowers17Splits.Read(number, images.Count, context);
        return new ImportedDataset(root, [.. images.Select((image, i) => image with { Part = parts[i] }).Where(static image => image.Part is not null)]);
    }

    private static string? Find(ImportContext context) => context.Assets.Find($"{Folder}/jpg");

    private static string Fetch(ImportContext context)
    {
        string archive = context.Assets.Download(Archive);
        string target = Path.Combine(context.Assets.Cache, Folder);
        string temporary = Path.Combine(target, $"unpack.{Environment.ProcessId}");
        Directory.CreateDirectory(temporary);
        try
        {
            using (FileStream file = File.OpenRead(archive))
            using (var gzip = new GZipStream(file, CompressionMode.Decompress))
            {
                // Can be cancelled at any time, so that a cancelled build does not wait for the whole archive.
                TarFile.ExtractToDirectoryAsync(gzip, temporary, overwriteFiles: true, context.Cancellation).GetAwaiter().GetResult();
            }
            string jpg = Path.Combine(target, "jpg");
            if (!Directory.Exists(jpg)) Directory.Move(Path.Combine(temporary, "jpg"), jpg);
            return jpg;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw TrainingDiagnostics.NotTheDataset.Because(e, null, archive, "the archive of flowers17", e.Message);
        }
        finally
        {
            BestEffort.Run(() => Directory.Delete(temporary, recursive: true));
        }
    }
}
