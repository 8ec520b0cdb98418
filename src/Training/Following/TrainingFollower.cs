using System.Globalization;
using FineTune.Training.Diagnostics;
using FineTune.Training.Stages;
using ModelSpec.Text;

namespace FineTune.Training.Following;

/// <summary>Follows the trainings of other processes: writes what they report to a log, from their beginning to their end.</summary>
/// <param name="folder">The folder of progress files.</param>
/// <param name="isWanted">Whether to follow the training of a spec, by its full path.</param>
/// <param name="log">Receives the messages.</param>
internal sealed class TrainingFollower(string folder, Predicate<string> isWanted, IProgressLog log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<Followed> _followed = [];

    /// <summary>Whether every training that was followed has trained its weights.</summary>
    public bool AllTrained { get; private set; } = true;

    /// <summary>Follows all trainings that run, and those that begin in the meantime, until none runs.</summary>
    /// <param name="waits">Whether to wait for a training if none runs.</param>
    /// <param name="cancellation">Ends it; the trainings continue.</param>
    /// <returns>False if there was none to follow.</returns>
    public bool Run(bool waits, CancellationToken cancellation)
    {
        Attach();
        while (_followed.Count > 0 || (waits && _seen.Count == 0))
        {
            foreach (Followed training in _followed.ToArray())
            {
                if (!Follow(training)) continue;
                _followed.Remove(training);
                training.Reader.Dispose();
            }
            Attach();
            if (_followed.Count > 0 || _seen.Count == 0) Wait(cancellation);
        }
        return _seen.Count > 0;
    }

    /// <summary>Writes the messages of the training that ended last.</summary>
    /// <returns>False if there is none.</returns>
    public bool ShowLast()
    {
        (ProgressFile File, PastTraining Training)? last = ProgressFile.In(folder)
            .Select(static file => (File: file, Training: file.Read()))
            .Where(pair => pair.Training is { Ended: not null } training && isWanted(training.Began.Spec))
            .Select(static pair => (pair.File, pair.Training!))
            .OrderBy(static pair => pair.Item2.Began.At + TimeSpan.FromSeconds(pair.Item2.Ended!.Seconds))
            .Cast<(ProgressFile, PastTraining)?>().LastOrDefault();
        if (last is not { } found || Open(found.File) is not { } followed) return false;
        using (followed.Reader) Follow(followed);
        return true;
    }

    private static void Wait(CancellationToken cancellation)
    {
        if (cancellation.WaitHandle.WaitOne(Pause)) cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Opens the files of trainings that run and are not followed yet.</summary>
    private void Attach()
    {
        foreach (ProgressFile file in ProgressFile.In(folder).Where(file => !_seen.Contains(file.Path) && file.IsAlive))
        {
            if (file.Read() is not { } training) continue;
            if (!isWanted(training.Began.Spec) || Open(file) is not { } followed) continue;
            _seen.Add(file.Path);
            _followed.Add(followed);
        }
    }

    private static Followed? Open(ProgressFile file)
    {
        try
        {
            return new Followed(file, new ProgressReader(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes what is new of a training.</summary>
    /// <returns>Whether it has ended.</returns>
    private bool Follow(Followed training)
    {
        // Before reading: what a trainer writes last is there before its process ends.
        bool isAlive = training.File.IsAlive;
        foreach (ProgressMessage message in training.Reader.Read())
        {
            Tell(training, message);
            if (message is not Ended ended) continue;
            AllTrained &= ended.Outcome == TrainingOutcome.Trained;
            return true;
        }
        if (isAlive) return false;
        AllTrained = false;
        log.Report(new SpecLocation(training.Spec, SourceSpan.FileStart).At(TrainingDiagnostics.TrainerGone, training.Model));
        return true;
    }

    private void Tell(Followed training, ProgressMessage message)
    {
        switch (message)
        {
            case Began began:
                training.Model = began.Model;
                training.Spec = began.Spec;
                log.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{began.Model}: trains {TrainingOutline.Of(began)}, since {began.At.ToLocalTime():HH:mm:ss} ({began.Spec})"));
                break;
            case Said said:
                log.Line(said.Text);
                break;
            case Reported reported:
                log.Report(reported.ToDiagnostic());
                break;
            case EpochEnded epoch:
                log.Show(epoch.Progress);
                break;
            case StepAdvanced step:
                log.Show(step.Progress);
                break;
            case Ended ended:
                log.Line($"{training.Model}: {Word(ended.Outcome)} after {ProgressLines.Of(TimeSpan.FromSeconds(ended.Seconds))}");
                break;
        }
    }

    private static string Word(TrainingOutcome outcome) => outcome switch
    {
        TrainingOutcome.Trained => "trained",
        TrainingOutcome.Cancelled => "cancelled",
        _ => "failed",
    };

    /// <summary>A training whose file is open.</summary>
    private sealed record Followed(ProgressFile File, ProgressReader Reader)
    {
        public string Model { get; set; } = "";

        public string Spec { get; set; } = "";
    }
}
