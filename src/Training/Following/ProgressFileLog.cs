using System.Diagnostics;
using System.Text;
using FineTune.Files;
using FineTune.Training.Diagnostics;
using FineTune.Training.Stages;
using ModelSpec.Diagnostics;

namespace FineTune.Training.Following;

/// <summary>
/// Passes everything on to a log, and writes it to a progress file, too. A training is never disturbed by its progress file: if it cannot be
/// written, nobody can follow the training, and nothing else changes.
/// </summary>
internal sealed class ProgressFileLog : IProgressLog, IDisposable
{
    private readonly Lock _gate = new();
    private readonly IProgressLog _log;
    private readonly ProgressFile _file;
    private FileStream? _lock;
    private FileStream? _messages;

    private ProgressFileLog(string folder, string output, IProgressLog log)
    {
        _log = log;
        _file = ProgressFile.New(folder, output);
        bool isOpen = BestEffort.Run(() =>
        {
            Directory.CreateDirectory(folder);
            foreach (ProgressFile old in ProgressFile.Of(folder, output).Where(static file => !file.IsAlive)) old.Delete();
            // First, so that everyone who finds the file can see that its trainer is alive.
            _lock = new FileStream(_file.Lock, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            // Without a buffer: each message reaches the file whole, and at once.
            _messages = new FileStream(_file.Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        });
        if (!isOpen) Dispose();
    }

    /// <summary>Runs a training that others can follow.</summary>
    /// <param name="folder">The folder of progress files.</param>
    /// <param name="output">The weight file that is trained. The files of its earlier trainings are deleted.</param>
    /// <param name="began">What is trained.</param>
    /// <param name="log">The log of the training.</param>
    /// <param name="train">The training, which gets the log to write to.</param>
    /// <returns>How long it took.</returns>
    public static TimeSpan Run(string folder, string output, Began began, IProgressLog log, Action<IProgressLog> train)
    {
        var clock = Stopwatch.StartNew();
        using var file = new ProgressFileLog(folder, output, log);
        file.Write(began);
        TrainingOutcome outcome = TrainingOutcome.Failed;
        try
        {
            train(file);
            outcome = TrainingOutcome.Trained;
            return clock.Elapsed;
        }
        catch (TrainingException e)
        {
            file.Write(Reported.Of(e.Diagnostic));
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = TrainingOutcome.Cancelled;
            throw;
        }
        catch (Exception e)
        {
            file.Write(new Said($"{began.Model}: {e.GetType().Name}: {e.Message}"));
            throw;
        }
        finally
        {
            file.Write(new Ended(outcome, clock.Elapsed.TotalSeconds));
        }
    }

    /// <inheritdoc />
    public void Line(string text)
    {
        Write(new Said(text));
        _log.Line(text);
    }

    /// <inheritdoc />
    public void Report(Diagnostic diagnostic)
    {
        Write(Reported.Of(diagnostic));
        _log.Report(diagnostic);
    }

    /// <inheritdoc />
    public void Show(EpochProgress progress)
    {
        Write(new EpochEnded(progress));
        _log.Show(progress);
    }

    /// <inheritdoc />
    public void Show(StepProgress progress)
    {
        Write(new StepAdvanced(progress));
        _log.Show(progress);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            BestEffort.Run(() => _messages?.Dispose());
            _messages = null;
            if (_lock is null) return;
            _lock.Dispose();
            _lock = null;
            BestEffort.Run(() => File.Delete(_file.Lock));
        }
    }

    private void Write(ProgressMessage message)
    {
        byte[] line = Encoding.UTF8.GetBytes(message.ToJson() + "\n");
        lock (_gate)
        {
            if (_messages is null || BestEffort.Run(() => _messages.Write(line))) return;
            // The disk may be full. Messages after a missing one would mislead, so there are none.
            BestEffort.Run(_messages.Dispose);
            _messages = null;
        }
    }
}
