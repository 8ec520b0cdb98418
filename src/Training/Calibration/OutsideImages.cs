using System.Text;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Importers;
using FineTune.Training.Locks;
using ModelSpec.Locks;
using ModelSpec.Text;

namespace FineTune.Training.Calibration;

/// <summary>The images of the folders that a spec names in <c>outside</c>: they are of none of its classes.</summary>
/// <param name="Images">The images; their class means nothing.</param>
/// <param name="Digest">The digest of their names and contents.</param>
internal sealed record OutsideImages(IReadOnlyList<LabeledImage> Images, string Digest)
{
    /// <summary>Whether every folder is on this machine; true without folders.</summary>
    public static bool AreHere(SpecSource spec) => spec.Plan.Certainty.Outside.All(folder => Directory.Exists(PathOf(spec, folder)));

    /// <summary>Lists the images of all folders, at any depth; null if the spec names no folder.</summary>
    /// <exception cref="TrainingException">A folder is missing, has no images, or one of them cannot be read.</exception>
    public static OutsideImages? Find(SpecSource spec, FileDigests digests, CancellationToken cancellation)
    {
        List<LabeledImage> images = [];
        var text = new StringBuilder();
        foreach (Located<string> folder in spec.Spec.Data.Outside)
        {
            var place = new SpecLocation(spec.Spec.Path, folder.Span);
            string path = PathOf(spec, folder.Value);
            string[] files = Directory.Exists(path)
                ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(static file => FoldersImporter.Extensions.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal)]
                : throw place.Error(TrainingDiagnostics.NoOutside, folder.Value, $"there is no folder '{path}'.");
            if (files.Length == 0) throw place.Error(TrainingDiagnostics.NoOutside, folder.Value, $"'{path}' has no images.");
            try
            {
                string[] contents = digests.Of(files, path, cancellation);
                for (int i = 0; i < files.Length; i++)
                {
                    string name = $"{folder.Value}/{Path.GetRelativePath(path, files[i]).Replace('\\', '/')}";
                    images.Add(new LabeledImage(files[i], name, 0));
                    text.Append(name).Append('\t').Append(contents[i]).Append('\n');
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw place.Error(e, TrainingDiagnostics.UnreadableFile, "foreign images", e.Message.TrimEnd('.') + ".");
            }
        }
        return images.Count == 0 ? null : new OutsideImages(images, ModelSpec.Locks.Digest.Of(text.ToString()));
    }

    private static string PathOf(SpecSource spec, string folder) => Path.GetFullPath(Path.Combine(spec.Folder, folder));
}
