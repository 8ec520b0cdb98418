using System.Globalization;
using FineTune.Files;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Checkpoints;

/// <summary>The checkpoints of one stage: the last one, and the one before it in case the last one is damaged.</summary>
/// <param name="path">The folder. It belongs to one fingerprint, so every checkpoint in it fits the stage.</param>
/// <param name="location">The position at which damage is reported.</param>
/// <param name="log">Receives the report of damage.</param>
internal sealed class CheckpointFolder(string path, SpecLocation location, IProgressLog log)
{
    private const int Kept = 2;
    private const string Pattern = "epoch-*.checkpoint";

    /// <summary>The last checkpoint with a correct digest, or null. Damaged ones are reported and removed; those that cannot be read are reported.</summary>
    public Checkpoint? Last()
    {
        foreach (string file in Files())
        {
            try
            {
                return CheckpointFile.Read(file);
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                log.Report(location.At(TrainingDiagnostics.DamagedCheckpoint, file, e.Message.TrimEnd('.')));
                // A file that cannot be read at the moment may be intact.
                if (e is InvalidDataException) BestEffort.Run(() => File.Delete(file));
            }
        }
        return null;
    }

    /// <summary>Saves the state after an epoch, and removes the checkpoints that are no longer needed.</summary>
    /// <exception cref="TrainingException">It cannot be written; the previous ones remain.</exception>
    public void Save(int epoch, IReadOnlyDictionary<string, Tensor> state, OptimizerHelper optimizer, BestSoFar? best)
    {
        string file = Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch:0000000}.checkpoint"));
        try
        {
            CheckpointFile.Write(file, epoch, state, optimizer, best);
            foreach (string old in Files().Skip(Kept)) BestEffort.Run(() => File.Delete(old));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw location.Error(e, TrainingDiagnostics.CannotCheckpoint, file, e.Message.TrimEnd('.') + ".", epoch - 1);
        }
    }

    /// <summary>Keeps the figures of an epoch, if that is possible.</summary>
    public void Record(TrainedEpoch epoch)
    {
        string line = EpochLines.Format(epoch) + "\n";
        BestEffort.Run(() =>
        {
            Directory.CreateDirectory(path);
            File.AppendAllText(History, line);
        });
    }

    /// <summary>
    /// The figures of the epochs so far, in order. An epoch that an interruption has made the stage repeat counts as it was the last time; one
    /// whose line is damaged is left out.
    /// </summary>
    public IReadOnlyList<TrainedEpoch> Epochs()
    {
        string[] lines = [];
        BestEffort.Run(() => lines = File.Exists(History) ? File.ReadAllLines(History) : []);
        return EpochLines.Read(lines);
    }

    /// <summary>Removes all checkpoints, because the stage is finished. Files that cannot be removed now are removed when the cache is trimmed.</summary>
    public void Clear()
    {
        if (Directory.Exists(path)) BestEffort.Run(() => Directory.Delete(path, recursive: true));
    }

    private string History => Path.Combine(path, "epochs.txt");

    private string[] Files() => Directory.Exists(path)
        ? [.. Directory.GetFiles(path, Pattern).OrderDescending(StringComparer.Ordinal)]
        : [];
}
