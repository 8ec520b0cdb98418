using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Text;

namespace FineTune.Training.Importers;

/// <summary>Lists a dataset with one folder per class, which contains images at any depth. The argument is the dataset's folder.</summary>
internal sealed class FoldersImporter : IDatasetImporter
{
    /// <summary>How the names of images end.</summary>
    internal static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif" };

    /// <inheritdoc />
    public string Name => PluginWords.Folders;

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public bool IsHere(ImportContext context) => Directory.Exists(RootOf(context));

    /// <summary>Lists the images in ordinal order of their names, class by class.</summary>
    /// <exception cref="PipelineException">The folder is missing, a class has no images or two folders, or a folder is not a class.</exception>
    public ImportedDataset Import(ImportContext context)
    {
        string root = RootOf(context);
        if (!Directory.Exists(root)) throw TrainingDiagnostics.NoDataset.Exception(null, root);
        IReadOnlyList<string> classes = context.Classes;
        Dictionary<string, int> indices = Enumerable.Range(0, classes.Count).ToDictionary(i => ClassFolders.Normalize(classes[i]), StringComparer.Ordinal);
        string[] folders = [.. Directory.EnumerateDirectories(root)
            .Where(static f => !Path.GetFileName(f).StartsWith('.'))
            .Order(StringComparer.Ordinal)];

        var folderOfClass = new string?[classes.Count];
        foreach (string folder in folders)
        {
            string name = Path.GetFileName(folder);
            if (!indices.TryGetValue(ClassFolders.Normalize(name), out int index))
            {
                string? nearest = NearestName.Find(name, classes);
                throw TrainingDiagnostics.UnknownFolder.Exception(
                    PipelineException.Classes, name, root, nearest is null ? "" : $" Did you mean '{nearest}'?");
            }
            if (folderOfClass[index] is { } other)
            {
                throw TrainingDiagnostics.TwoFolders.Exception(null, Path.GetFileName(other), name, root, classes[index]);
            }
            folderOfClass[index] = folder;
        }

        List<ImportedImage> images = [];
        for (int i = 0; i < classes.Count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (folderOfClass[i] is not { } folder)
            {
                string? nearest = NearestName.Find(classes[i], folders.Select(static f => Path.GetFileName(f)!));
                throw TrainingDiagnostics.MissingFolder.Exception(
                    PipelineException.Classes, classes[i], root, nearest is null ? "" : $" Did you mean '{nearest}'?");
            }
            int before = images.Count;
            images.AddRange(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(static f => Extensions.Contains(Path.GetExtension(f)))
                .Select(f => new ImportedImage(f, Path.GetRelativePath(root, f).Replace('\\', '/'), i))
                .OrderBy(static image => image.Name, StringComparer.Ordinal));
            if (images.Count == before) throw TrainingDiagnostics.EmptyClass.Exception(PipelineException.Classes, classes[i], folder);
        }
        return new ImportedDataset(root, images);
    }

    private static string RootOf(ImportContext context) => Path.GetFullPath(Path.Combine(context.Folder, context.Argument));
}
