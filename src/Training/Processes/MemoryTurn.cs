namespace FineTune.Training.Processes;

/// <summary>
/// Lets trainings run side by side as long as memory allows: one that needs more than is free waits until the others have ended, and
/// runs alone. What is free is what the system, or the limit of a container, leaves.
/// </summary>
internal sealed class MemoryTurn : IDisposable
{
    private readonly FileStream _file;

    private MemoryTurn(FileStream file) => _file = file;

    /// <summary>Waits until there is memory enough, or nobody else trains.</summary>
    /// <param name="path">The lock file that all trainings of a user share.</param>
    /// <param name="bytes">What this training needs.</param>
    /// <param name="waiting">Told once, when it has to wait.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static MemoryTurn Take(string path, long bytes, Action waiting, CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool told = false; ; told = true)
        {
            FileStream? file = bytes <= Free()
                ? Turn.TryOpen(path, FileAccess.Read, FileShare.Read)
                : Turn.TryOpen(path, FileAccess.ReadWrite, FileShare.None);
            if (file is not null) return new MemoryTurn(file);
            if (!told) waiting();
            if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(500))) cancellation.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => _file.Dispose();

    private static long Free()
    {
        // The figures are those of the last collection.
        GC.Collect();
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
    }
}
