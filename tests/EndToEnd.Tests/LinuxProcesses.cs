using System.Runtime.InteropServices;

namespace EndToEnd.Tests;

/// <summary>Other processes on Linux.</summary>
internal static partial class LinuxProcesses
{
    private const int SigInt = 2;

    /// <summary>Sends what Ctrl-C sends.</summary>
    public static void Interrupt(int process) => Assert.Equal(0, Kill(process, SigInt));

    /// <summary>The command line of every process that runs.</summary>
    public static IEnumerable<string> CommandLines()
    {
        foreach (string folder in Directory.GetDirectories("/proc").Where(static f => char.IsAsciiDigit(Path.GetFileName(f)[0])))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
            }
            catch (IOException)
            {
                // It has ended meanwhile.
                continue;
            }
            yield return line;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
