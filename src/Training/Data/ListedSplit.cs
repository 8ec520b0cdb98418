using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec.Networks;
using ModelSpec.Text;

namespace FineTune.Training.Data;

/// <summary>
/// Divides the images of an importer by lists. A path of a list is the name that the importer gives an image, or else a path relative to
/// the list's folder. The class is the one that the importer gives.
/// </summary>
internal static class ListedSplit
{
    private static readonly StringComparer PathComparer = OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Divides images.</summary>
    /// <param name="lists">The lists.</param>
    /// <param name="images">The images in the order that each part keeps.</param>
    /// <param name="root">The folder that names of images are relative to.</param>
    /// <param name="spec">The spec.</param>
    /// <exception cref="TrainingException">A path is not an image, or an image is listed twice, or a class is not trained on.</exception>
    public static DatasetSplit Divide(IReadOnlyList<ImageList> lists, IReadOnlyList<ImportedImage> images, string root, SpecSource spec)
    {
        var indices = new Indices(images);
        var listed = new (ImageList List, SourceSpan Place)?[images.Count];
        foreach (ImageList list in lists)
        {
            foreach (Located<string> path in list.Paths)
            {
                if (indices.Find(path.Value, list.File) is not { } index) throw NotListed(path, list, images, indices, root, spec);
                if (listed[index] is { } first)
                {
                    throw list.At(path.Span).Error(TrainingDiagnostics.ListedTwice, images[index].Name, first.Place.Line, first.List.File);
                }
                listed[index] = (list, path.Span);
            }
        }
        IReadOnlyList<LabeledImage> train = Those(DatasetPart.Train);
        CheckClasses(train, images, spec);
        return new DatasetSplit(root, train, Those(DatasetPart.Validation), Those(DatasetPart.Test), IsGiven: true)
        {
            Lists = lists,
            Unlisted = listed.Count(static place => place is null),
        };

        IReadOnlyList<LabeledImage> Those(DatasetPart part) =>
            [.. images.Where((_, i) => listed[i]?.List.Part == part).Select(static image => new LabeledImage(image.Path, image.Name, image.Class))];
    }

    private static void CheckClasses(IReadOnlyList<LabeledImage> train, IReadOnlyList<ImportedImage> images, SpecSource spec)
    {
        HashSet<int> trained = [.. train.Select(static image => image.Class)];
        for (int i = 0; i < spec.Network.Classes.Count; i++)
        {
            if (trained.Contains(i)) continue;
            ClassLabel label = spec.Network.Classes[i];
            throw spec.SplitOf(DatasetPart.Train).Error(
                TrainingDiagnostics.SplitTooSmall, label.Text, images.Count(image => image.Class == i), "training");
        }
    }

    private static TrainingException NotListed(
        Located<string> path, ImageList list, IReadOnlyList<ImportedImage> images, Indices indices, string root, SpecSource spec)
    {
        string text = path.Value;
        int end = text.LastIndexOfAny([' ', '\t', ',', ';']);
        string fault = end > 0 && indices.Find(text[..end].TrimEnd(), list.File) is not null
            ? "a line is a path and nothing else; the importer gives the class."
            : File.Exists(Indices.Resolve(text, list.File)) || File.Exists(Path.Combine(root, text))
                ? $"the file exists, but the importer '{spec.Plan.Importer.Word}' does not list it under any class."
                : "there is no such file.";
        string? nearest = NearestName.Find(text, images.Select(static image => image.Name));
        return list.At(path.Span).Error(
            TrainingDiagnostics.NotListed, text, spec.Plan.Source, fault, nearest is null ? "" : $" Did you mean '{nearest}'?");
    }

    /// <summary>The indices of images by name and by path.</summary>
    private sealed class Indices
    {
        private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _byPath = new(PathComparer);

        public Indices(IReadOnlyList<ImportedImage> images)
        {
            for (int i = 0; i < images.Count; i++)
            {
                _byName[images[i].Name] = i;
                _byPath.TryAdd(Path.GetFullPath(images[i].Path), i);
            }
        }

        /// <summary>The path of a line, relative to the list's folder.</summary>
        public static string Resolve(string path, string list) => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(list)!, path.Replace("\0", "", StringComparison.Ordinal)));

        public int? Find(string path, string list) =>
            _byName.TryGetValue(path, out int named) ? named : _byPath.TryGetValue(Resolve(path, list), out int found) ? found : null;
    }
}
