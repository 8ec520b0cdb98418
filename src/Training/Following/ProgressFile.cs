using FineTune.Files;
using FineTune.Training.Processes;

namespace FineTune.Training.Following;

/// <summary>
/// The progress file of a training: a JSON message on each line, to which its trainer appends. As long as the trainer lives, it has the lock file
/// next to it open; the system releases that file when the process ends, however it ends.
/// </summary>
/// <param name="Path">The file.</param>
internal sealed record ProgressFile(string Path)
{
    private const string Extension = ".jsonl";

    /// <summary>The lock file of the trainer.</summary>
    public string Lock => System.IO.Path.ChangeExtension(Path, ".lock");

    /// <summary>Whether the trainer that writes it is alive.</summary>
    public bool IsAlive => Turn.IsHeld(Lock);

    /// <summary>The name of a new file. Each training has a file of its own, so that nobody who follows an older one is disturbed.</summary>
    /// <param name="folder">The folder of progress files.</param>
    /// <param name="output">The weight file that is trained: only one training at a time has it.</param>
    public static ProgressFile New(string folder, string output) =>
        new(System.IO.Path.Combine(folder, $"{Turn.KeyOf(output, OperatingSystem.IsWindows())}.{Guid.NewGuid():N}{Extension}"));

    /// <summary>The files of a folder, which may be missing or change at any time.</summary>
    public static IReadOnlyList<ProgressFile> In(string folder) => List(folder, "*");

    /// <summary>The files of the trainings of a weight file: the last one as a rule.</summary>
    public static IReadOnlyList<ProgressFile> Of(string folder, string output) => List(folder, Turn.KeyOf(output, OperatingSystem.IsWindows()) + ".*");

    /// <summary>The training of a weight file that ended last; null if it is not known.</summary>
    public static PastTraining? Last(string folder, string output) =>
        Of(folder, output).Select(static file => file.Read()).Where(static training => training?.Ended is not null).MaxBy(static training => training!.Began.At);

    /// <summary>Reads what is there; null if the file cannot be read or has no first message yet.</summary>
    public PastTraining? Read()
    {
        try
        {
            using var reader = new ProgressReader(this);
            IReadOnlyList<ProgressMessage> messages = reader.Read();
            bool isWhole = messages.OfType<EpochEnded>().DistinctBy(static epoch => epoch.Progress.Stage).All(static epoch => epoch.Progress.Epoch == 1);
            return messages is [Began began, ..] ? new PastTraining(began, messages.OfType<Ended>().FirstOrDefault(), isWhole) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Deletes the file and its lock file, if that is possible.</summary>
    public void Delete()
    {
        BestEffort.Run(() => File.Delete(Path));
        BestEffort.Run(() => File.Delete(Lock));
    }

    private static ProgressFile[] List(string folder, string pattern)
    {
        string[] files = [];
        BestEffort.Run(() => files = Directory.GetFiles(folder, pattern + Extension));
        return [.. files.Select(static file => new ProgressFile(file))];
    }
}

/// <summary>A training as its progress file has it.</summary>
/// <param name="Began">What is trained.</param>
/// <param name="Ended">How it ended; null while it runs, or if its process ended without a word.</param>
/// <param name="IsWhole">Whether each stage began with its first epoch, and did not resume after an interruption.</param>
internal sealed record PastTraining(Began Began, Ended? Ended, bool IsWhole);
