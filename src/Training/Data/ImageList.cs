using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Locks;
using ModelSpec.Text;

namespace FineTune.Training.Data;

/// <summary>
/// A list of images that the <c>split</c> of a spec names: a text file with one path per line. Blank lines and lines that begin with
/// <c>#</c> are comments.
/// </summary>
/// <param name="Part">The part of the split.</param>
/// <param name="File">The file.</param>
/// <param name="Paths">The paths in order, with <c>/</c>.</param>
internal sealed record ImageList(DatasetPart Part, string File, IReadOnlyList<Located<string>> Paths)
{
    private const char Comment = '#';

    /// <summary>The digest of the paths; it does not depend on their order, or on comments.</summary>
    public string Digest => ModelSpec.Locks.Digest.Of(string.Join('\n', Paths.Select(static path => path.Value).Order(StringComparer.Ordinal)));

    /// <summary>The key of the lock's <c>[data]</c> that has the digest.</summary>
    public string Key => $"{Part.ToString().ToLowerInvariant()}_list";

    /// <summary>Reads every list of a spec.</summary>
    /// <returns>The lists; none if the spec divides the images in another way.</returns>
    /// <exception cref="TrainingException">A list cannot be read, or is empty.</exception>
    public static IReadOnlyList<ImageList> ReadAll(SpecSource spec)
    {
        if (spec.Plan.Split is not ListSplit split) return [];
        return
        [
            Read(spec, DatasetPart.Train, split.Train),
            .. split.Validation is { } validation ? [Read(spec, DatasetPart.Validation, validation)] : (ImageList[])[],
            Read(spec, DatasetPart.Test, split.Test),
        ];
    }

    /// <summary>The position of a path, or of the start of the list.</summary>
    public SpecLocation At(SourceSpan? span = null) => new(File, span ?? SourceSpan.FileStart);

    private static ImageList Read(SpecSource spec, DatasetPart part, string name)
    {
        string file = Path.GetFullPath(Path.Combine(spec.Folder, name));
        SpecLocation place = spec.SplitOf(part);
        if (Directory.Exists(file)) throw place.Error(TrainingDiagnostics.UnreadableList, file, "it is a folder.");
        if (!System.IO.File.Exists(file)) throw place.Error(TrainingDiagnostics.UnreadableList, file, "it does not exist. Its path is relative to the spec.");
        string text;
        try
        {
            text = System.IO.File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw place.Error(e, TrainingDiagnostics.UnreadableList, file, e.Message.TrimEnd('.') + ".");
        }
        var list = new ImageList(part, file, [.. Parse(text)]);
        return list.Paths.Count > 0 ? list : throw list.At().Error(TrainingDiagnostics.EmptyList, file);
    }

    private static IEnumerable<Located<string>> Parse(string text)
    {
        int offset = 0, number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string path = line.Trim();
            if (path.Length > 0 && path[0] != Comment)
            {
                int column = line.Length - line.TrimStart().Length;
                yield return new Located<string>(
                    path.Replace('\\', '/'), new SourceSpan(offset + column, path.Length, number, column + 1, number, column + 1 + path.Length));
            }
            offset += line.Length + 1;
        }
    }
}
