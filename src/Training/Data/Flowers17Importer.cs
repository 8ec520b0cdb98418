using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using FineTune.Files;
using FineTune.Training.Assets;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Data;

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

    public string Name => "flowers17";

    public string? Find(AssetFolders folders) => folders.Find($"{Folder}/jpg");

    public IReadOnlyList<LabeledImage> Import(
        SpecSource spec, AssetFolders folders, Downloader downloader, CancellationToken cancellation)
    {
        string[] classes = [.. spec.Network.Classes.Select(static c => c.Text)];
        if (!classes.SequenceEqual(ClassNames, StringComparer.OrdinalIgnoreCase))
        {
            throw spec.Classes.Error(TrainingDiagnostics.NotTheDataset, string.Join(", ", classes), "the class list of flowers17",
                "write classes = [" + string.Join(", ", ClassNames.Select(static c => $"\"{c}\"")) + "].");
        }

        string root = Find(folders) ?? Fetch(folders, downloader, spec.DataSource, cancellation);
        List<LabeledImage> images = [];
        for (int i = 0; i < PerClass * ClassNames.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"image_{i + 1:0000}.jpg");
            images.Add(new LabeledImage(Path.Combine(root, name), name, i / PerClass));
        }
        if (images.Find(static image => !File.Exists(image.Path)) is { } missing)
        {
            throw spec.DataSource.Error(TrainingDiagnostics.NotTheDataset, root, "the whole of flowers17", $"'{missing.Name}' is missing.");
        }
        return images;
    }

    private static string Fetch(AssetFolders folders, Downloader downloader, SpecLocation location, CancellationToken cancellation)
    {
        string archive = folders.Find(RemoteFiles.Flowers17.RelativePath) ?? downloader.Download(RemoteFiles.Flowers17, location, cancellation);
        string target = Path.Combine(folders.Cache, Folder);
        string temporary = Path.Combine(target, $"unpack.{Environment.ProcessId}");
        Directory.CreateDirectory(temporary);
        try
        {
            using (FileStream file = File.OpenRead(archive))
            using (var gzip = new GZipStream(file, CompressionMode.Decompress))
            {
                // Ends within a file's unpacking: the archive is small, but a killed build waits for nothing.
                TarFile.ExtractToDirectoryAsync(gzip, temporary, overwriteFiles: true, cancellation).GetAwaiter().GetResult();
            }
            string jpg = Path.Combine(target, "jpg");
            if (!Directory.Exists(jpg)) Directory.Move(Path.Combine(temporary, "jpg"), jpg);
            return jpg;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw location.Error(e, TrainingDiagnostics.NotTheDataset, archive, "the archive of flowers17", e.Message);
        }
        finally
        {
            BestEffort.Run(() => Directory.Delete(temporary, recursive: true));
        }
    }
}
