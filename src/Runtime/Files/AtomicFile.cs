using System.Text;

namespace FineTune.Files;

/// <summary>Writes files that are there as a whole or not at all.</summary>
internal static class AtomicFile
{
    private const string Extension = ".tmp";

    /// <summary>A temporary file of this age was left by a process that was killed: no write takes as long.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>
    /// Writes into a temporary file next to <paramref name="path"/> that then takes its place. Its name is unique, so that of several
    /// writers of one file none disturbs another: the last one to finish wins.
    /// </summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="durable">Whether the content is on the disk, and not in the system's memory only, before it takes its place.</param>
    /// <exception cref="IOException">It cannot be written; the old file stays, and nothing half-written is left.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old file stays, and nothing half-written is left.</exception>
    public static void Write(string path, Action<Stream> write, bool durable = true)
    {
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        RemoveAbandoned(path);
        string temporary = $"{path}.{Guid.NewGuid():N}{Extension}";
        var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        // From here on the temporary file is this call's own.
        try
        {
            using (file)
            {
                write(file);
                file.Flush(durable);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            BestEffort.Run(() => File.Delete(temporary));
            throw;
        }
    }

    /// <summary>Writes a text in UTF-8, unless the file has it already: builds look at times.</summary>
    /// <exception cref="IOException">It cannot be written; the old file stays, and nothing half-written is left.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old file stays, and nothing half-written is left.</exception>
    public static void WriteText(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text) return;
        Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    private static void RemoveAbandoned(string path) => BestEffort.Run(() =>
    {
        DateTime limit = DateTime.UtcNow - Abandoned;
        foreach (FileInfo left in new DirectoryInfo(Path.GetDirectoryName(path)!).EnumerateFiles($"{Path.GetFileName(path)}.*{Extension}"))
        {
            if (left.LastWriteTimeUtc < limit) BestEffort.Run(left.Delete);
        }
    });
}
