using FineTune.Training.Diagnostics;
using ModelSpec;
using ModelSpec.Language;
using ModelSpec.Networks;
using ModelSpec.Text;

namespace FineTune.Training.Data;

/// <summary>Lists a dataset that has one folder per class, with images at any depth below.</summary>
internal static class FolderImporter
{
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif" };

    /// <summary>Lists the images of <paramref name="root"/> in ordinal order of their names.</summary>
    /// <exception cref="TrainingException">The folder is missing, a class has no images or two folders, or a folder is no class.</exception>
    public static List<LabeledImage> Import(string root, SpecSource spec)
    {
        if (!Directory.Exists(root)) throw spec.DataSource.Error(TrainingDiagnostics.NoDataset, root);
        EquatableArray<ClassLabel> classes = spec.Network.Classes;
        Dictionary<string, int> indices = Enumerable.Range(0, classes.Count).ToDictionary(i => ClassFolders.Normalize(classes[i].Text), StringComparer.Ordinal);
        string[] folders = [.. Directory.EnumerateDirectories(root)
            .Where(static f => !Path.GetFileName(f).StartsWith('.'))
            .Order(StringComparer.Ordinal)];

        var folderOfClass = new string?[classes.Count];
        foreach (string folder in folders)
        {
            string name = Path.GetFileName(folder);
            if (!indices.TryGetValue(ClassFolders.Normalize(name), out int index))
            {
                string? nearest = NearestName.Find(name, classes.Select(static c => c.Text));
                throw spec.Classes.Error(TrainingDiagnostics.UnknownFolder, name, root, nearest is null ? "" : $" Did you mean '{nearest}'?");
            }
            if (folderOfClass[index] is { } other)
            {
                throw spec.DataSource.Error(TrainingDiagnostics.TwoFolders, Path.GetFileName(other), name, root, classes[index].Text);
            }
            folderOfClass[index] = folder;
        }

        List<LabeledImage> images = [];
        for (int i = 0; i < classes.Count; i++)
        {
            if (folderOfClass[i] is not { } folder)
            {
                string? nearest = NearestName.Find(classes[i].Text, folders.Select(static f => Path.GetFileName(f)!));
                throw spec.Classes.Error(TrainingDiagnostics.MissingFolder, classes[i].Text, root, nearest is null ? "" : $" Did you mean '{nearest}'?");
            }
            int before = images.Count;
            images.AddRange(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(static f => Extensions.Contains(Path.GetExtension(f)))
                .Select(f => new LabeledImage(f, Path.GetRelativePath(root, f).Replace('\\', '/'), i))
                .OrderBy(static image => image.Name, StringComparer.Ordinal));
            if (images.Count == before) throw spec.Classes.Error(TrainingDiagnostics.EmptyClass, classes[i].Text, folder);
        }
        return images;
    }
}
