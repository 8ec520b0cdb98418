using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FineTune.Build.Tasks;

/// <summary>The process whose end means that nobody waits for a task's result any more.</summary>
internal static class BuildProcess
{
    /// <summary>
    /// The process that a task host works for, which does not end by itself while a task runs in it; this process if it is not a task
    /// host, or if the system does not report it.
    /// </summary>
    public static int Id
    {
        get
        {
            bool isTaskHost = Array.Exists(Environment.GetCommandLineArgs(), static a => a.EndsWith("nodemode:2", StringComparison.OrdinalIgnoreCase));
            if (isTaskHost && !RuntimeInformation.IsOSPlatform(OSPlatform.Windows)) return GetParentProcessId();
            using var process = Process.GetCurrentProcess();
            return process.Id;
        }
    }

    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentProcessId();
}
