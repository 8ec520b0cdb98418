using System.Runtime.InteropServices;

namespace EndToEnd.Tests;

/// <summary>Other processes on Linux.</summary>
internal static partial class LinuxProcesses
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    /// <summary>Sends the signal of Ctrl-C.</summary>
    public static void Interrupt(int process) => Assert.Equal(0, Kill(process, SigInt));

    /// <summary>Asks a process to end, as the system does when it shuts down.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Terminate(int process) => Kill(process, SigTerm) == 0;

    /// <summary>Whether this process and its children ignore the signal of Ctrl-C.</summary>
    public static bool IgnoresInterrupt()
    {
        string ignored = File.ReadLines("/proc/self/status").Single(static l => l.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..];
        return (Convert.ToUInt64(ignored.Trim(), 16) & (1UL << (SigInt - 1))) != 0;
    }

    /// <summary>The command line of every process that runs.</summary>
    public static IEnumerable<string> CommandLines() => Read("cmdline").Select(static text => text.Replace('\0', ' '));

    /// <summary>What every process has mapped into its memory, line by line.</summary>
    public static IEnumerable<string> LoadedFiles() => Read("maps").SelectMany(static text => text.Split('\n'));

    private static IEnumerable<string> Read(string file)
    {
        foreach (string folder in Directory.GetDirectories("/proc").Where(static f => char.IsAsciiDigit(Path.GetFileName(f)[0])))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(folder, file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended in the meantime, or belongs to another user.
                continue;
            }
            yield return line;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
