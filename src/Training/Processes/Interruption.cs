using System.Runtime.InteropServices;

namespace FineTune.Training.Processes;

/// <summary>
/// Ctrl-C (SIGINT) and SIGTERM. The first signal cancels the work. A second signal, more than a second later, exits immediately. Signals
/// within the first second count as one, because the shell signals both the process and its group.
/// </summary>
internal static class Interruption
{
    /// <summary>Signals within this number of milliseconds count as one.</summary>
    private const long Together = 1000;

    private static readonly CancellationTokenSource Cancellation = new();

    // Registered until the process ends: an unhandled signal would change the exit code.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    private static long _first;

    /// <summary>Handles signals until the process ends.</summary>
    /// <returns>A token that is cancelled by a signal.</returns>
    public static CancellationToken Listen()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            Registrations.Add(PosixSignalRegistration.Create(signal, Handle));
        }
        return Cancellation.Token;
    }

    private static void Handle(PosixSignalContext context)
    {
        long now = Environment.TickCount64;
        long first = Interlocked.CompareExchange(ref _first, now, 0);
        context.Cancel = first == 0 || now - first < Together;
        if (first == 0) Cancellation.Cancel();
    }
}
