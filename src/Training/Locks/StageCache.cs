using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FineTune.Files;
using FineTune.Pipeline;
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

    private static readonly string[] Trimmed = ["trained", "checkpoints", "answers", "evaluations"];

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

    /// <summary>The weights with a digest, or null if the cache has none, or damaged ones.</summary>
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
    /// The result of a stage, or null if the cache has none, or a damaged one. Its weights may have gone meanwhile:
    /// <see cref="FindWeights"/> tells.
    /// </summary>
    public StageResult? Find(string fingerprint, Network network)
    {
        if (ReadEntry<Entry>(EntryFile(fingerprint)) is not { } entry) return null;
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
        WriteEntry(EntryFile(fingerprint), entry);
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

    /// <summary>Keeps what the network answers to the test images after a stage, as far as that is possible: they can be computed again.</summary>
    /// <param name="fingerprint">The fingerprint of the stage.</param>
    /// <param name="weights">The digest of the weights.</param>
    /// <param name="answers">The answers.</param>
    public void SaveAnswers(string fingerprint, string weights, TestAnswers answers) => BestEffort.Run(() => WriteEntry(
        AnswersFile(fingerprint),
        new AnswersEntry(weights, [.. answers.Images], [.. answers.Labels], MemoryMarshal.AsBytes(answers.Logits.AsSpan()).ToArray())));

    /// <summary>What the network answers to the test images after a stage, or null if the cache does not have it of these weights.</summary>
    public TestAnswers? FindAnswers(string fingerprint, string weights)
    {
        if (ReadEntry<AnswersEntry>(AnswersFile(fingerprint)) is not { } entry || entry.Weights != weights) return null;
        BestEffort.Run(() => File.SetLastWriteTimeUtc(AnswersFile(fingerprint), DateTime.UtcNow));
        return new TestAnswers(entry.Images, entry.Labels, [.. MemoryMarshal.Cast<byte, float>(entry.Logits)]);
    }

    /// <summary>Keeps what an evaluator found, as far as that is possible.</summary>
    /// <param name="stamp">The digest of everything that it came from.</param>
    /// <param name="result">What it found.</param>
    public void SaveEvaluation(string stamp, EvaluatorResult result) => BestEffort.Run(() => WriteEntry(EvaluationFile(stamp), new EvaluationEntry(
        [.. result.Figures.Select(static figure => figure.Key)], [.. result.Figures.Select(static figure => BitConverter.DoubleToInt64Bits(figure.Value))],
        result.Text, (result.Files ?? []).ToDictionary(static file => file.Key, static file => file.Value.ToArray()))));

    /// <summary>What an evaluator found, or null if the cache does not have it.</summary>
    public EvaluatorResult? FindEvaluation(string stamp)
    {
        if (ReadEntry<EvaluationEntry>(EvaluationFile(stamp)) is not { } entry) return null;
        BestEffort.Run(() => File.SetLastWriteTimeUtc(EvaluationFile(stamp), DateTime.UtcNow));
        return new EvaluatorResult(
            [.. entry.Names.Zip(entry.Figures, static (name, bits) => KeyValuePair.Create(name, BitConverter.Int64BitsToDouble(bits)))], entry.Text,
            [.. entry.Files.Select(static file => KeyValuePair.Create(file.Key, (ReadOnlyMemory<byte>)file.Value))]);
    }

    /// <summary>Keeps what an exporter wrote.</summary>
    /// <param name="stamp">The digest of everything that it came from, the folder among it.</param>
    /// <param name="outputs">The digest of each file by its name.</param>
    public void SaveExport(string stamp, IReadOnlyDictionary<string, string> outputs) =>
        BestEffort.Run(() => WriteEntry(ExportFile(stamp), new ExportEntry(new Dictionary<string, string>(outputs))));

    /// <summary>The digests of what an exporter wrote by name, or null if it has not run.</summary>
    public IReadOnlyDictionary<string, string>? FindExport(string stamp) => ReadEntry<ExportEntry>(ExportFile(stamp))?.Outputs;

    /// <summary>Forgets the result of a stage and its checkpoints.</summary>
    public void Remove(string fingerprint)
    {
        if (ReadEntry<Entry>(EntryFile(fingerprint)) is { } entry) File.Delete(WeightsFile(entry.Weights));
        File.Delete(EntryFile(fingerprint));
        if (File.Exists(AnswersFile(fingerprint))) File.Delete(AnswersFile(fingerprint));
        if (Directory.Exists(CheckpointFolder(fingerprint))) Directory.Delete(CheckpointFolder(fingerprint), recursive: true);
    }

    private string EntryFile(string fingerprint) => Path.Combine(folder, "stages", Digest.Hex(fingerprint) + ".json");

    private string AnswersFile(string fingerprint) => Path.Combine(folder, "answers", Digest.Hex(fingerprint) + ".json");

    private string EvaluationFile(string stamp) => Path.Combine(folder, "evaluations", Digest.Hex(stamp) + ".json");

    private string ExportFile(string stamp) => Path.Combine(folder, "exports", Digest.Hex(stamp) + ".json");

    private static void WriteEntry<T>(string path, T entry)
    {
        string json = JsonSerializer.Serialize(entry);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes($"{DigestOf(json)}\n{json}")));
    }

    private static T? ReadEntry<T>(string path)
        where T : class
    {
        if (!File.Exists(path)) return null;
        string[] parts = File.ReadAllText(path).Split('\n', 2);
        return parts.Length == 2 && DigestOf(parts[1]) == parts[0] ? JsonSerializer.Deserialize<T>(parts[1]) : null;
    }

    private static string DigestOf(string text) => Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The logits as their bytes: JSON has neither infinities nor NaN.</summary>
    private sealed record AnswersEntry(string Weights, string[] Images, int[] Labels, byte[] Logits);

    /// <summary>The figures as their bits, for the same reason.</summary>
    private sealed record EvaluationEntry(string[] Names, long[] Figures, string Text, Dictionary<string, byte[]> Files);

    private sealed record ExportEntry(Dictionary<string, string> Outputs);

    private sealed record Entry(string Weights, double Loss, int[][] Confusion);
}
