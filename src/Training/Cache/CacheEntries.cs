using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FineTune.Files;
using ModelSpec.Locks;

namespace FineTune.Training.Cache;

/// <summary>Small files of the cache: a line with the digest of the rest, then JSON. A damaged file counts as a missing one.</summary>
internal static class CacheEntries
{
    /// <summary>Writes an entry atomically.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write<T>(string path, T entry)
    {
        string json = JsonSerializer.Serialize(entry);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes($"{DigestOf(json)}\n{json}")));
    }

    /// <summary>Reads an entry; null if it is missing or damaged.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static T? Read<T>(string path)
        where T : class
    {
        if (!File.Exists(path)) return null;
        string[] parts = File.ReadAllText(path).Split('\n', 2);
        return parts.Length == 2 && DigestOf(parts[1]) == parts[0] ? JsonSerializer.Deserialize<T>(parts[1]) : null;
    }

    /// <summary>Records that a file was used, so that it is trimmed later. A read-only cache is not changed.</summary>
    public static void MarkUsed(string path) => BestEffort.Run(() => File.SetLastWriteTimeUtc(path, DateTime.UtcNow));

    private static string DigestOf(string text) => Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
