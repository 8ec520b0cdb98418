using FineTune.Files;

namespace FineTune.Training.Assets;

/// <summary>What has arrived of a download, and which version of the server's file it is of.</summary>
/// <param name="path">The file; the version is kept beside it.</param>
internal sealed class PartialFile(string path)
{
    private readonly string _version = path + ".version";

    public string Path => path;

    /// <summary>The bytes that have arrived.</summary>
    public long Length => File.Exists(path) ? new FileInfo(path).Length : 0;

    /// <summary>The server's ETag or date of the file that the bytes are of, or null if it gave none.</summary>
    public string? Validator => File.Exists(path) && File.Exists(_version) ? File.ReadAllText(_version) : null;

    /// <summary>Forgets what has arrived; what comes next is of this version.</summary>
    public void Begin(string? validator)
    {
        Delete();
        if (validator is not null) AtomicFile.WriteText(_version, validator);
    }

    /// <summary>Opens the file to add to it.</summary>
    public FileStream Append() => new(path, FileMode.Append);

    /// <summary>Removes it.</summary>
    public void Delete()
    {
        // The bytes first: a version without bytes says nothing.
        File.Delete(path);
        File.Delete(_version);
    }

    /// <summary>Puts the file, which is whole now, where it belongs.</summary>
    public void MoveTo(string target)
    {
        File.Move(path, target, overwrite: true);
        File.Delete(_version);
    }
}
