using System.CommandLine.Completions;
using FineTune.Files;

namespace FineTune.Training.Completions;

/// <summary>The specs, and the folders on the way to them, that a word on the command line can become.</summary>
internal static class SpecFiles
{
    private const string Extension = ".modelspec";

    /// <summary>The completions of the word at the cursor.</summary>
    public static IEnumerable<CompletionItem> Complete(CompletionContext context) => Find(context.WordToComplete, Directory.GetCurrentDirectory()).Select(static path => new CompletionItem(path));

    /// <summary>Finds them.</summary>
    /// <param name="word">The beginning of a path, as it was written; it may be empty.</param>
    /// <param name="folder">The folder that a relative path starts from.</param>
    /// <returns>Paths that begin like the word; those of folders end with a slash. Hidden folders are left out unless the word begins like one.</returns>
    public static IReadOnlyList<string> Find(string word, string folder)
    {
        int slash = word.LastIndexOfAny(['/', Path.DirectorySeparatorChar]);
        string written = word[..(slash + 1)], name = word[(slash + 1)..];
        List<string> found = [];
        BestEffort.Run(() =>
        {
            var place = new DirectoryInfo(Path.Combine(folder, written));
            foreach (FileSystemInfo entry in place.EnumerateFileSystemInfos(name.Replace("*", "", StringComparison.Ordinal).Replace("?", "", StringComparison.Ordinal) + "*"))
            {
                if (entry.Name.StartsWith('.') && !name.StartsWith('.')) continue;
                if (entry is DirectoryInfo) found.Add($"{written}{entry.Name}/");
                else if (entry.Extension == Extension) found.Add(written + entry.Name);
            }
        });
        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
