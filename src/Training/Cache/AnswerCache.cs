using System.Runtime.InteropServices;
using FineTune.Files;
using FineTune.Training.Evaluators;

namespace FineTune.Training.Cache;

/// <summary>The answers of networks to the test images after a stage, for the evaluators of plugins. They can be computed again.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class AnswerCache(CacheFolder folder)
{
    /// <summary>The answers after a stage, or null if the cache does not have those of these weights.</summary>
    /// <param name="fingerprint">The fingerprint of the stage.</param>
    /// <param name="weights">The digest of the weights.</param>
    public TestAnswers? Find(string fingerprint, string weights)
    {
        string path = folder.Answers(fingerprint);
        if (CacheEntries.Read<Entry>(path) is not { } entry || entry.Weights != weights) return null;
        CacheEntries.MarkUsed(path);
        return new TestAnswers(entry.Images, entry.Labels, [.. MemoryMarshal.Cast<byte, float>(entry.Logits)]);
    }

    /// <summary>Keeps the answers after a stage, if that is possible.</summary>
    /// <param name="fingerprint">The fingerprint of the stage.</param>
    /// <param name="weights">The digest of the weights.</param>
    /// <param name="answers">The answers.</param>
    public void Save(string fingerprint, string weights, TestAnswers answers) => BestEffort.Run(() => CacheEntries.Write(
        folder.Answers(fingerprint),
        new Entry(weights, [.. answers.Images], [.. answers.Labels], MemoryMarshal.AsBytes(answers.Logits.AsSpan()).ToArray())));

    /// <summary>The logits as their bytes: JSON has neither infinities nor NaN.</summary>
    private sealed record Entry(string Weights, string[] Images, int[] Labels, byte[] Logits);
}
