using System.Runtime.InteropServices;

namespace FineTune.Training.Processes;

/// <summary>Threads that take what other threads leave of the processors.</summary>
internal static partial class BackgroundThread
{
    /// <summary>Linux's <c>PRIO_PROCESS</c>, by which a thread of its own has a priority of its own.</summary>
    private const int PriorityOfProcess = 0;

    private const int Nicest = 19;

    /// <summary>Starts a thread of low priority.</summary>
    public static Thread Start(ThreadStart work)
    {
        var thread = new Thread(() =>
        {
            // .NET leaves priorities alone on Unix, where one can be lowered by everybody and raised by few.
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
