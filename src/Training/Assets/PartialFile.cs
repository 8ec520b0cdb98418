using FineTune.Files;

namespace FineTune.Training.Assets;

/// <summary>The received bytes of a download, and the version of the server's file that they belong to.</summary>
/// <param name="path">The file; the version is kept in a file next to it.</param>
internal sealed class PartialFile(string path)
{
    private readonly string _version = path + ".version";

    public string Path => path;

    /// <summary>The number of received bytes.</summary>
    public long Length => File.Exists(path) ? new FileInfo(path).Length : 0;

    /// <summary>The server's ETag or date of the file that the bytes belong to, or null if it gave none.</summary>
    public string? Validator => File.Exists(path) && File.Exists(_version) ? File.ReadAllText(_version) : null;

    /// <summary>Drops the received bytes; the next ones belong to this version.</summary>
    public void Begin(string? validator)
    {
        Delete();
        if (validator is not null) AtomicFile.WriteText(_version, validator);
    }

    /// <summary>Opens the file to append to it.</summary>
    public FileStream Append() => new(path, FileMode.Append);

    /// <summary>Removes it.</summary>
    public void Delete()
    {
        // The bytes first: a version without bytes does no harm.
        File.Delete(path);
        File.Delete(_version);
    }

    /// <summary>Moves the complete file into its place.</summary>
    public void MoveTo(string target)
    {
        File.Move(path, target, overwrite: true);
        File.Delete(_version);
    }
}
