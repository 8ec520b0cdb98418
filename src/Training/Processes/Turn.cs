using ModelSpec.Locks;

namespace FineTune.Training.Processes;

/// <summary>
/// Mutual exclusion between processes: a lock file that the system releases when the process ends, however it ends. The file
/// itself is not deleted: otherwise, one process could lock the deleted file while another locks its successor.
/// </summary>
internal sealed class Turn : IDisposable
{
    // The error of opening a locked file on Windows (ERROR_SHARING_VIOLATION) and on Unix (EWOULDBLOCK; macOS numbers it 35).
    private const int SharingViolation = unchecked((int)0x80070020);
    private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;

    private readonly FileStream _file;

    private Turn(FileStream file) => _file = file;

    /// <summary>Waits until no other process has the turn, and takes it.</summary>
    /// <param name="path">The lock file; its folder is created if it does not exist.</param>
    /// <param name="waiting">Called once, when another process has the turn.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public static Turn Take(string path, Action waiting, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool told = false; ; told = true)
        {
            if (TryOpen(path, FileAccess.ReadWrite, FileShare.None) is { } file) return new Turn(file);
            if (!told) waiting();
            if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100))) cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The key of the turn for a file: the same for all spellings of its path.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ignoresCase">Whether the system's file names are case-insensitive.</param>
    /// <returns>64 hexadecimal digits.</returns>
    public static string KeyOf(string path, bool ignoresCase)
    {
        string full = Path.GetFullPath(path);
        return Digest.Hex(Digest.Of(ignoresCase ? full.ToUpperInvariant() : full));
    }

    /// <summary>Whether a process has a lock file open for itself; its end releases the file.</summary>
    /// <param name="path">The lock file.</param>
    /// <returns>False if the file does not exist, either.</returns>
    public static bool IsHeld(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (IOException e)
        {
            return e.HResult == SharingViolation || e.HResult == WouldBlock;
        }
        catch (UnauthorizedAccessException)
        {
            // On Windows, a file that is being deleted.
            return false;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Opens a lock file, or returns null if another process has opened it in a mode that excludes this one.</summary>
    internal static FileStream? TryOpen(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, access, share);
        }
        catch (IOException e) when (e.HResult == SharingViolation || e.HResult == WouldBlock)
        {
            return null;
        }
    }
}
