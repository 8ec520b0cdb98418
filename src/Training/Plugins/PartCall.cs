using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;

namespace FineTune.Training.Plugins;

/// <summary>
/// Calls parts. Every failure of a part becomes an error that names the part, and a part that does not stop after a cancellation does not keep the
/// trainer waiting.
/// </summary>
internal static class PartCall
{
    /// <summary>The time that a part may take to stop after a cancellation.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Calls a part on a new thread.</summary>
    /// <param name="part">The part.</param>
    /// <param name="place">Its position in the spec.</param>
    /// <param name="work">The call.</param>
    /// <param name="cancellation">Cancels the wait for the part.</param>
    /// <exception cref="TrainingException">It failed, or did not stop.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TResult Run<TPart, TResult>(RegisteredPart<TPart> part, PartPlace place, Func<TResult> work, CancellationToken cancellation)
        where TPart : IPipelinePart => Run(part, place, work, Grace, cancellation);

    /// <summary>Calls a part on a new thread.</summary>
    /// <param name="part">The part.</param>
    /// <param name="place">Its position in the spec.</param>
    /// <param name="work">The call.</param>
    /// <param name="grace">The time that it may take to stop after a cancellation.</param>
    /// <param name="cancellation">Cancels the wait for the part.</param>
    /// <exception cref="TrainingException">It failed, or did not stop.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TResult Run<TPart, TResult>(
        RegisteredPart<TPart> part, PartPlace place, Func<TResult> work, TimeSpan grace, CancellationToken cancellation)
        where TPart : IPipelinePart =>
        Translate(part, place, () => RunOnThread(part, place.At(null), work, grace, cancellation), cancellation);

    /// <summary>Calls a part on a new thread, for a caller that handles its exceptions.</summary>
    /// <param name="part">The part.</param>
    /// <param name="location">The position of the error about a part that does not stop.</param>
    /// <param name="work">The call.</param>
    /// <param name="grace">The time that it may take to stop after a cancellation.</param>
    /// <param name="cancellation">Cancels the wait for the part.</param>
    /// <returns>The result of the part, even after a cancellation if the part ended in time.</returns>
    /// <exception cref="TrainingException">It did not stop. Its thread is abandoned.</exception>
    public static TResult RunOnThread<TPart, TResult>(
        RegisteredPart<TPart> part, SpecLocation location, Func<TResult> work, TimeSpan grace, CancellationToken cancellation)
        where TPart : IPipelinePart
    {
        var completion = new TaskCompletionSource<TResult>();
        // Not a thread of the pool, which is for short work. A background thread does not keep the process alive.
        var thread = new Thread(() =>
        {
            try
            {
                completion.SetResult(work());
            }
#pragma warning disable CA1031 // It is rethrown by the thread that waits.
            catch (Exception e)
#pragma warning restore CA1031
            {
                completion.SetException(e);
            }
        })
        { IsBackground = true, Name = part.Title };
        thread.Start();
        if (!Ends(completion.Task, Timeout.InfiniteTimeSpan, cancellation) && !Ends(completion.Task, grace, CancellationToken.None))
        {
            throw location.Error(TrainingDiagnostics.PartHangs, part.Title, part.Plugin.Name);
        }
        return completion.Task.GetAwaiter().GetResult();
    }

    /// <summary>Calls a part on this thread, for work that takes no time.</summary>
    /// <exception cref="TrainingException">It failed.</exception>
    /// <exception cref="IOException">There is no space left for the files of an exporter.</exception>
    public static TResult Translate<TPart, TResult>(RegisteredPart<TPart> part, PartPlace place, Func<TResult> work, CancellationToken cancellation)
        where TPart : IPipelinePart
    {
        try
        {
            return work();
        }
        catch (PipelineException e)
        {
            throw place.At(e.Key).Error(e, Descriptor(e), e.Message);
        }
        catch (IOException e) when (DiskSpace.IsExhausted(e))
        {
            // Exporters write the user's files; the caller reports which one.
            if (part.Part is IModelExporter) throw;
            throw place.At(null).Error(e, TrainingDiagnostics.DiskFull, part.Title, ExceptionText.Sentence(e.Message));
        }
        catch (Exception e) when (!part.Plugin.IsBuiltIn && e is not TrainingException && !(e is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            throw place.At(null).Error(e, TrainingDiagnostics.PartFailed, part.Title, part.Plugin.Name, ExceptionText.Of(e));
        }
    }

    private static bool Ends(Task task, TimeSpan time, CancellationToken cancellation)
    {
        try
        {
            return Task.WaitAny([task], (int)time.TotalMilliseconds, cancellation) == 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>The general descriptor, or one with the part's own code.</summary>
    private static DiagnosticDescriptor Descriptor(PipelineException e) => e.Code is { Length: > 0 } code && code.All(char.IsAsciiLetterOrDigit)
        ? TrainingDiagnostics.PartError with { Code = code }
        : TrainingDiagnostics.PartError;
}
