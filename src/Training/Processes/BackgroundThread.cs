using System.Runtime.InteropServices;

namespace FineTune.Training.Processes;

/// <summary>Threads with a lower priority than others.</summary>
internal static partial class BackgroundThread
{
    /// <summary>Linux's <c>PRIO_PROCESS</c>, which sets the priority of a single thread.</summary>
    private const int PriorityOfProcess = 0;

    private const int Nicest = 19;

    /// <summary>Starts a thread of low priority.</summary>
    public static Thread Start(ThreadStart work)
    {
        var thread = new Thread(() =>
        {
            // On Unix, .NET ignores thread priorities. Every user may lower the priority of a thread, but few may raise it.
            if (OperatingSystem.IsLinux()) _ = SetPriority(PriorityOfProcess, 0, Nicest);
            work();
        })
        {
            IsBackground = true,
            Priority = ThreadPriority.Lowest,
        };
        thread.Start();
        return thread;
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
