using FineTune.Pipeline;
using FineTune.Training.Checkpoints;
using FineTune.Training.Evaluators;
using FineTune.Training.Stages;
using ModelSpec.Networks;

namespace FineTune.Training.Cache;

/// <summary>Results of stages by the fingerprint of everything that they were trained from.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class StageCache(CacheFolder folder)
{
    private readonly WeightCache _weights = new(folder);

    /// <summary>
    /// The result of a stage, or null if the cache has none or a damaged one. Its weights may have been trimmed since then;
    /// <see cref="WeightCache.Find"/> checks that.
    /// </summary>
    public StageResult? Find(string fingerprint, Network network)
    {
        if (CacheEntries.Read<Entry>(folder.Stage(fingerprint)) is not { } entry) return null;
        var confusion = new ConfusionMatrix([.. network.Classes.Select(static c => c.Text)], entry.Confusion);
        return new StageResult(entry.Weights, new Evaluation(confusion, entry.Loss), EpochLines.Read(entry.Epochs ?? []));
    }

    /// <summary>Keeps the result of a stage, and trims the cache.</summary>
    /// <param name="fingerprint">The fingerprint of the stage.</param>
    /// <param name="evaluation">The evaluation after the stage.</param>
    /// <param name="history">The figures of its epochs.</param>
    /// <param name="write">Writes the weights to a path.</param>
    /// <exception cref="IOException">The result cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The result may not be written.</exception>
    public StageResult Save(string fingerprint, Evaluation evaluation, IReadOnlyList<TrainedEpoch> history, Action<string> write)
    {
        string digest = _weights.Save(fingerprint, write);
        CacheEntries.Write(folder.Stage(fingerprint), new Entry(digest, evaluation.Loss, evaluation.Confusion.Rows(), [.. history.Select(EpochLines.Format)]));
        CacheTrimming.Run(folder);
        return new StageResult(digest, evaluation, history);
    }

    /// <summary>Deletes the result of a stage: its weights, the answers of its network, its checkpoints and its cross-validations, too.</summary>
    public void Remove(string fingerprint)
    {
        string[] files = [folder.Stage(fingerprint), folder.Answers(fingerprint), .. folder.CrossValidations(fingerprint)];
        if (CacheEntries.Read<Entry>(folder.Stage(fingerprint)) is { } entry) files = [folder.Weights(entry.Weights), .. files];
        foreach (string file in files.Where(File.Exists)) File.Delete(file);
        if (Directory.Exists(folder.Checkpoints(fingerprint))) Directory.Delete(folder.Checkpoints(fingerprint), recursive: true);
    }

    /// <summary>Entries of earlier versions have no epochs.</summary>
    private sealed record Entry(string Weights, double Loss, int[][] Confusion, string[]? Epochs = null);
}
