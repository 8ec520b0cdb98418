using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using FineTune.Files;
using ModelSpec.Locks;

namespace FineTune.Training.Locks;

/// <summary>
/// Computes digests of files, and caches them by path, size and time of the last change, so that an unchanged dataset is not read again.
/// </summary>
/// <param name="folder">The folder of cached digests; null reads every file again.</param>
internal sealed class FileDigests(string? folder)
{
    /// <summary>
    /// If a file was changed less than this before it was read, another change could leave its time stamp as it is, so its digest is
    /// not cached. The coarsest time stamps of file systems in use are those of FAT: two seconds.
    /// </summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    /// <summary>The number of bytes that are read at a time.</summary>
    private const int Block = 1 << 17;

    private sealed record Remembered(long Size, long Ticks, string Digest);

    /// <summary>The digest of one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Cancels reading.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public string Of(string path, CancellationToken cancellation = default) => Of([path], Path.GetDirectoryName(path)!, cancellation)[0];

    /// <summary>The digests of several files, in their order.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="root">The folder that contains them, at any depth. Their digests are cached in one file.</param>
    /// <param name="cancellation">Cancels reading.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public string[] Of(IReadOnlyList<string> paths, string root, CancellationToken cancellation = default)
    {
        string? memory = folder is null ? null : Path.Combine(folder, Digest.Hex(Digest.Of(Path.GetFullPath(root)))[..32] + ".tsv");
        Dictionary<string, Remembered> known = memory is null ? [] : Read(memory);
        var learnt = new ConcurrentDictionary<string, Remembered>(StringComparer.Ordinal);
        string[] digests = new string[paths.Count];
        ForEach(paths.Count, i =>
        {
            var file = new FileInfo(paths[i]);
            string name = Path.GetRelativePath(root, paths[i]);
            if (known.TryGetValue(name, out Remembered? old) && file.Exists && old.Size == file.Length && old.Ticks == file.LastWriteTimeUtc.Ticks)
            {
                digests[i] = old.Digest;
                return;
            }
            digests[i] = Compute(paths[i], cancellation);
            if (DateTime.UtcNow - file.LastWriteTimeUtc > Settled)
            {
                learnt[name] = new Remembered(file.Length, file.LastWriteTimeUtc.Ticks, digests[i]);
            }
        }, cancellation);
        if (memory is not null && !learnt.IsEmpty)
        {
            foreach ((string name, Remembered digest) in learnt) known[name] = digest;
            Write(memory, known);
        }
        return digests;
    }

    /// <summary>The digest of a file, without the cache.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Cancels reading.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string Compute(string path, CancellationToken cancellation = default) =>
        Digest.Of(Hash(path, HashAlgorithmName.SHA256, cancellation));

    /// <summary>The hash of a file, without the cache and without holding the file in memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="algorithm">The kind of hash.</param>
    /// <param name="cancellation">Cancels reading.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Hash(string path, HashAlgorithmName algorithm, CancellationToken cancellation)
    {
        using FileStream file = File.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(algorithm);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            int read;
            while ((read = file.Read(buffer)) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>The digest of a file, without the cache, or null if the file is missing or cannot be read.</summary>
    public static string? ComputeOrNull(string path, CancellationToken cancellation = default)
    {
        string? digest = null;
        BestEffort.Run(() => digest = Compute(path, cancellation));
        return digest;
    }

    /// <summary>Calls an action for each number, in parallel. Rethrows the first exception.</summary>
    private static void ForEach(int count, Action<int> action, CancellationToken cancellation)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, action);
        }
        catch (AggregateException e)
        {
            cancellation.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private static Dictionary<string, Remembered> Read(string memory)
    {
        var known = new Dictionary<string, Remembered>(StringComparer.Ordinal);
        try
        {
            foreach (string line in File.ReadLines(memory))
            {
                string[] cells = line.Split('\t');
                if (cells.Length == 4
                    && long.TryParse(cells[1], CultureInfo.InvariantCulture, out long size)
                    && long.TryParse(cells[2], CultureInfo.InvariantCulture, out long ticks))
                {
                    known[cells[3]] = new Remembered(size, ticks, Digest.Prefix + cells[0]);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without cached digests, the files are read.
        }
        return known;
    }

    private static void Write(string memory, Dictionary<string, Remembered> known)
    {
        try
        {
            AtomicFile.Write(memory, stream =>
            {
                using var text = new StreamWriter(stream, leaveOpen: true);
                foreach ((string name, Remembered r) in known.Where(static k => !k.Key.AsSpan().ContainsAny('\t', '\n')).OrderBy(static k => k.Key, StringComparer.Ordinal))
                {
                    text.Write(string.Create(CultureInfo.InvariantCulture, $"{Digest.Hex(r.Digest)}\t{r.Size}\t{r.Ticks}\t{name}\n"));
                }
            }, durable: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process is writing it, or the disk is full: the files are read again next time.
        }
    }
}
