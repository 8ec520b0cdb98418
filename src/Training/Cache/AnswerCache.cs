using System.Runtime.InteropServices;
using FineTune.Files;
using FineTune.Training.Evaluators;
using ModelSpec.Locks;

namespace FineTune.Training.Cache;

/// <summary>The answers of networks to images after a stage: the test images, and others. They can be computed again.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class AnswerCache(CacheFolder folder)
{
    /// <summary>The answers after a stage, or null if the cache does not have those of these weights.</summary>
    /// <param name="fingerprint">The fingerprint of the stage.</param>
    /// <param name="weights">The digest of the weights, as the stage wrote them.</param>
    /// <param name="kind">Which images: empty for the test images.</param>
    public TestAnswers? Find(string fingerprint, string weights, string kind = "")
    {
        string path = PathOf(fingerprint, kind);
        if (CacheEntries.Read<Entry>(path) is not { } entry || entry.Weights != weights) return null;
        CacheEntries.MarkUsed(path);
        return new TestAnswers(entry.Images, entry.Labels, [.. MemoryMarshal.Cast<byte, float>(entry.Logits)]);
    }

    /// <summary>Keeps the answers after a stage, if that is possible.</summary>
    /// <param name="fingerprint">The fingerprint of the stage.</param>
    /// <param name="weights">The digest of the weights, as the stage wrote them.</param>
    /// <param name="answers">The answers, at the temperature 1.</param>
    /// <param name="kind">Which images: empty for the test images.</param>
    public void Save(string fingerprint, string weights, TestAnswers answers, string kind = "") => BestEffort.Run(() => CacheEntries.Write(
        PathOf(fingerprint, kind),
        new Entry(weights, [.. answers.Images], [.. answers.Labels], MemoryMarshal.AsBytes(answers.Logits.AsSpan()).ToArray())));

    private string PathOf(string fingerprint, string kind) => folder.Answers(kind.Length == 0 ? fingerprint : Digest.Of($"{fingerprint}\n{kind}"));

    /// <summary>The logits as their bytes: JSON has neither infinities nor NaN.</summary>
    private sealed record Entry(string Weights, string[] Images, int[] Labels, byte[] Logits);
}
