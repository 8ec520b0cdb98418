using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FineTune.Files;
using FineTune.Training.Evaluators;
using FineTune.Training.Stages;
using ModelSpec.Locks;
using ModelSpec.Networks;

namespace FineTune.Training.Locks;

/// <summary>
/// Results of stages by the fingerprint of what they came from, shared by all specs of a user: <c>stages/FINGERPRINT.json</c> names the
/// weights by their digest, <c>trained/DIGEST.safetensors</c> holds them. Nothing is used whose digest is not right.
/// </summary>
/// <param name="folder">The cache folder.</param>
internal sealed class StageCache(string folder)
{
    /// <summary>What all weights and checkpoints together may take; the least recently used go first.</summary>
    private const long Budget = 10L << 30;

    private static readonly string[] Trimmed = ["trained", "checkpoints"];

    /// <summary>Where a file with these weights would be.</summary>
    public string WeightsFile(string digest) => Path.Combine(folder, "trained", Digest.Hex(digest) + ".safetensors");

    /// <summary>The checkpoints of a stage.</summary>
    public string CheckpointFolder(string fingerprint) => Path.Combine(folder, "checkpoints", Digest.Hex(fingerprint));

    /// <summary>The lock file of the training of a stage.</summary>
    public string TurnFile(string fingerprint) => Path.Combine(folder, "turns", Digest.Hex(fingerprint) + ".lock");

    /// <summary>Where a training keeps what does not fit into memory.</summary>
    public string ScratchFolder => Path.Combine(folder, "scratch");

    /// <summary>The lock file by which trainings share the machine's memory.</summary>
    public string MemoryFile => Path.Combine(folder, "turns", "memory.lock");

    /// <summary>Where a run that failed unexpectedly writes its stack trace.</summary>
    public string LogFolder => Path.Combine(folder, "logs");

    /// <summary>The weights with a digest, or null where the cache has none, or damaged ones.</summary>
    public string? FindWeights(string digest)
    {
        string path = WeightsFile(digest);
        if (!File.Exists(path)) return null;
        string? found = FileDigests.ComputeOrNull(path);
        if (found == digest)
        {
            // A cache that is shared read-only stays as it is; nothing is trimmed from it either.
            BestEffort.Run(() => File.SetLastWriteTimeUtc(path, DateTime.UtcNow));
            return path;
        }
        // What cannot be read at the moment is not damaged.
        if (found is not null) File.Delete(path);
        return null;
    }

    /// <summary>
    /// The result of a stage, or null where the cache has none, or a damaged one. Its weights may have gone meanwhile:
    /// <see cref="FindWeights"/> tells.
    /// </summary>
    public StageResult? Find(string fingerprint, Network network)
    {
        if (ReadEntry(EntryFile(fingerprint)) is not { } entry) return null;
        var confusion = new ConfusionMatrix([.. network.Classes.Select(static c => c.Text)], entry.Confusion);
        return new StageResult(entry.Weights, new Evaluation(confusion, entry.Loss));
    }

    /// <summary>Keeps the result of a stage.</summary>
    /// <param name="fingerprint">What it came from.</param>
    /// <param name="evaluation">How it does.</param>
    /// <param name="write">Writes the weights to a path.</param>
    public StageResult Save(string fingerprint, Evaluation evaluation, Action<string> write)
    {
        string digest = KeepWeights(fingerprint, write);
        var entry = new Entry(digest, evaluation.Loss, evaluation.Confusion.Rows());
        string json = JsonSerializer.Serialize(entry);
        AtomicFile.Write(EntryFile(fingerprint), stream => stream.Write(Encoding.UTF8.GetBytes($"{DigestOf(json)}\n{json}")));
        BestEffort.Run(() => Trim(Trimmed
            .Select(name => new DirectoryInfo(Path.Combine(folder, name)))
            .Where(static d => d.Exists)
            .SelectMany(static d => d.EnumerateFiles("*", SearchOption.AllDirectories)), Budget));
        return new StageResult(digest, evaluation);
    }

    /// <summary>
    /// Deletes the least recently used files beyond a budget, as far as that is possible: other trainings delete files at the same time,
    /// and some systems keep a file that is open.
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

    private string KeepWeights(string fingerprint, Action<string> write)
    {
        string fresh = Path.Combine(folder, "trained", $"{Digest.Hex(fingerprint)}.{Guid.NewGuid():N}.new");
        Directory.CreateDirectory(Path.GetDirectoryName(fresh)!);
        try
        {
            write(fresh);
            string digest = FileDigests.Compute(fresh);
            File.Move(fresh, WeightsFile(digest), overwrite: true);
            return digest;
        }
        catch
        {
            BestEffort.Run(() => File.Delete(fresh));
            throw;
        }
    }

    /// <summary>Forgets the result of a stage and its checkpoints.</summary>
    public void Remove(string fingerprint)
    {
        if (ReadEntry(EntryFile(fingerprint)) is { } entry) File.Delete(WeightsFile(entry.Weights));
        File.Delete(EntryFile(fingerprint));
        if (Directory.Exists(CheckpointFolder(fingerprint))) Directory.Delete(CheckpointFolder(fingerprint), recursive: true);
    }

    private string EntryFile(string fingerprint) => Path.Combine(folder, "stages", Digest.Hex(fingerprint) + ".json");

    private static Entry? ReadEntry(string path)
    {
        if (!File.Exists(path)) return null;
        string[] parts = File.ReadAllText(path).Split('\n', 2);
        return parts.Length == 2 && DigestOf(parts[1]) == parts[0] ? JsonSerializer.Deserialize<Entry>(parts[1]) : null;
    }

    private static string DigestOf(string text) => Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record Entry(string Weights, double Loss, int[][] Confusion);
}
