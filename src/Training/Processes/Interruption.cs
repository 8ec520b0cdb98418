using System.Runtime.InteropServices;

namespace FineTune.Training.Processes;

/// <summary>
/// Ctrl-C, and the system's request to end. The first ends the work in order. One that comes later ends the process at once, as whoever
/// sends it is out of patience; one that comes with the first is the same, sent to the process and to its group.
/// </summary>
internal static class Interruption
{
    /// <summary>Milliseconds within which requests count as one.</summary>
    private const long Together = 1000;

    private static readonly CancellationTokenSource Cancellation = new();

    // Until the very end of the process: a request that nobody listens to would end it with another code.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    private static long _first;

    /// <summary>Listens until the process ends.</summary>
    /// <returns>Cancelled when work is to end.</returns>
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
