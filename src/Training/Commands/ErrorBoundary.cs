using System.Globalization;
using FineTune.Files;
using FineTune.Training.Diagnostics;

namespace FineTune.Training.Commands;

/// <summary>
/// The exception boundary of every command: every failure becomes one line that MSBuild and editors understand, and an exit code. The stack trace
/// of an unexpected error is written to a file.
/// </summary>
internal static class ErrorBoundary
{
    /// <summary>The exit code of a run that failed.</summary>
    public const int Failed = 1;

    /// <summary>The exit code of a run that was interrupted.</summary>
    public const int Cancelled = 130;

    /// <summary>Does the work of a command.</summary>
    /// <param name="log">Receives errors.</param>
    /// <param name="location">Returns the position of an unexpected error; called only if there is one.</param>
    /// <param name="logFolder">The folder of the file with its stack trace.</param>
    /// <param name="work">The work; its result is the exit code.</param>
    public static int Run(IProgressLog log, Func<SpecLocation> location, string logFolder, Func<int> work)
    {
        try
        {
            return work();
        }
        catch (TrainingException e)
        {
            log.Report(e.Diagnostic with { Message = OneLine(e.Diagnostic.Message) });
            return Failed;
        }
        catch (OperationCanceledException)
        {
            log.Line("Cancelled. Finished epochs are kept: the next run resumes after the last one.");
            return Cancelled;
        }
#pragma warning disable CA1031 // This is the boundary.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.Report(location().At(TrainingDiagnostics.Unexpected, Cause(e), WayOut(e), Keep(e, logFolder)));
            return Failed;
        }
    }

    /// <summary>The most informative exception: wrappers only say that something inside them failed.</summary>
    private static string Cause(Exception e)
    {
        while (e is AggregateException or TypeInitializationException or System.Reflection.TargetInvocationException && e.InnerException is { } inner) e = inner;
        return OneLine($"{e.GetType().Name}: {e.Message}").TrimEnd('.') + ".";
    }

    private static string WayOut(Exception e) => e switch
    {
        OutOfMemoryException => "Lower batch_size or ModelSpecMemory.",
        UnauthorizedAccessException or IOException => "Check that the file or folder exists and may be written, then run it again.",
        _ => "This is a defect of the trainer, or of a file that it read: report it with the log.",
    };

    /// <summary>Writes the stack trace to a new file.</summary>
    /// <returns>A sentence that says where it is.</returns>
    private static string Keep(Exception e, string logFolder)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"finetune-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}.log");
        foreach (string folder in (string[])[logFolder, Path.GetTempPath()])
        {
            string path = Path.Combine(folder, name);
            if (BestEffort.Run(() => AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(e + "\n")), durable: false)))
            {
                return $"The stack trace is in '{path}'.";
            }
        }
        return "The stack trace could not be written anywhere.";
    }

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
