using FineTune.Files;
using FineTune.Pipeline;

namespace FineTune.Training.Cache;

/// <summary>Results of evaluators by stamp: the digest of everything that a result depends on.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class EvaluationCache(CacheFolder folder)
{
    /// <summary>The result of an evaluator, or null if the cache does not have it.</summary>
    public EvaluatorResult? Find(string stamp)
    {
        string path = folder.Evaluation(stamp);
        if (CacheEntries.Read<Entry>(path) is not { } entry) return null;
        CacheEntries.MarkUsed(path);
        return new EvaluatorResult(
            [.. entry.Names.Zip(entry.Figures, static (name, bits) => KeyValuePair.Create(name, BitConverter.Int64BitsToDouble(bits)))], entry.Text,
            [.. entry.Files.Select(static file => KeyValuePair.Create(file.Key, (ReadOnlyMemory<byte>)file.Value))]);
    }

    /// <summary>Keeps the result of an evaluator, if that is possible.</summary>
    public void Save(string stamp, EvaluatorResult result) => BestEffort.Run(() => CacheEntries.Write(folder.Evaluation(stamp), new Entry(
        [.. result.Figures.Select(static figure => figure.Key)], [.. result.Figures.Select(static figure => BitConverter.DoubleToInt64Bits(figure.Value))],
        result.Text, (result.Files ?? []).ToDictionary(static file => file.Key, static file => file.Value.ToArray()))));

    /// <summary>The figures as bits, because JSON has neither infinities nor NaN.</summary>
    private sealed record Entry(string[] Names, long[] Figures, string Text, Dictionary<string, byte[]> Files);
}
