using System.Diagnostics;

namespace FineTune.Training.Processes;

/// <summary>Cancels when another process has ended: the training of a killed build must not continue.</summary>
internal static class ParentProcess
{
    /// <summary>Watches a process.</summary>
    /// <param name="id">Its id; 0 for none.</param>
    /// <param name="cancellation">Cancelled when it has ended.</param>
    public static async Task WatchAsync(int id, CancellationTokenSource cancellation)
    {
        if (id == 0) return;
        try
        {
            using var process = Process.GetProcessById(id);
            await process.WaitForExitAsync(cancellation.Token).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
        catch (OperationCanceledException)
        {
            return;
        }
        await cancellation.CancelAsync().ConfigureAwait(false);
    }
}
