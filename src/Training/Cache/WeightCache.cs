using FineTune.Files;
using FineTune.Training.Locks;

namespace FineTune.Training.Cache;

/// <summary>Trained weights by the digest of their file.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class WeightCache(CacheFolder folder)
{
    /// <summary>The weights with a digest, or null if the cache has none, or damaged ones. Damaged ones are deleted.</summary>
    public string? Find(string digest)
    {
        string path = folder.Weights(digest);
        if (!File.Exists(path)) return null;
        string? found = FileDigests.ComputeOrNull(path);
        if (found == digest)
        {
            CacheEntries.MarkUsed(path);
            return path;
        }
        // A file that cannot be read at the moment need not be damaged.
        if (found is not null) File.Delete(path);
        return null;
    }

    /// <summary>Keeps weights.</summary>
    /// <param name="fingerprint">The fingerprint of the stage that trained them.</param>
    /// <param name="write">Writes them to a path.</param>
    /// <returns>Their digest.</returns>
    /// <exception cref="IOException">They cannot be written. Nothing is left in the cache.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written.</exception>
    public string Save(string fingerprint, Action<string> write)
    {
        string fresh = folder.NewWeights(fingerprint);
        Directory.CreateDirectory(Path.GetDirectoryName(fresh)!);
        try
        {
            write(fresh);
            string digest = FileDigests.Compute(fresh);
            File.Move(fresh, folder.Weights(digest), overwrite: true);
            return digest;
        }
        catch
        {
            BestEffort.Run(() => File.Delete(fresh));
            throw;
        }
    }
}
