using FineTune.Files;

namespace FineTune.Training.Cache;

/// <summary>Keeps the cache from growing without limit.</summary>
internal static class CacheTrimming
{
    /// <summary>The largest size of weights, checkpoints and evaluations together, in bytes.</summary>
    public const long Budget = 10L << 30;

    /// <summary>Deletes the least recently used files beyond 10 GB, if that is possible.</summary>
    public static void Run(CacheFolder folder) => BestEffort.Run(() => Trim(
        folder.Trimmed.SelectMany(static kind => kind.EnumerateFiles("*", SearchOption.AllDirectories)), Budget));

    /// <summary>
    /// Deletes the least recently used files beyond a budget. Files that cannot be deleted are skipped: other trainings delete files at the same
    /// time, and some systems do not delete a file that is open.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <param name="budget">The bytes that may stay.</param>
    internal static void Trim(IEnumerable<FileInfo> files, long budget)
    {
        List<(FileInfo File, DateTime Used, long Length)> known = [];
        foreach (FileInfo file in files) BestEffort.Run(() => known.Add((file, file.LastWriteTimeUtc, file.Length)));
        long kept = 0;
        foreach ((FileInfo file, _, long length) in known.OrderByDescending(static f => f.Used))
        {
            kept += length;
            if (kept > budget) BestEffort.Run(file.Delete);
        }
    }
}
