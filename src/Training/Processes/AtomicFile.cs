namespace FineTune.Training.Processes;

/// <summary>Writes files that are there as a whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Writes into a temporary file beside <paramref name="path"/> that then takes its place.</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="durable">Whether the content is on the disk, and not in the system's memory only, before it takes its place.</param>
    /// <exception cref="IOException">It cannot be written; the old file stays, and nothing half-written is left.</exception>
    public static void Write(string path, Action<Stream> write, bool durable = true)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + ".tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(file);
                file.Flush(durable);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes a text in UTF-8, unless the file has it already: builds look at times.</summary>
    public static void WriteText(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text) return;
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
    }
}
