using System.Runtime.InteropServices;

namespace FineTune.Training.Ranks;

/// <summary>Divides a host's cores among its ranks.</summary>
internal static partial class RankShare
{
    // _SC_NPROCESSORS_ONLN
    private static readonly int OnlineProcessors = OperatingSystem.IsMacOS() ? 58 : 84;

    /// <summary>The threads of a rank. A launcher that has bound the rank to some cores has divided them already.</summary>
    /// <param name="ranksOfHost">The number of ranks on this host.</param>
    public static int Threads(int ranksOfHost) => Threads(ranksOfHost, Environment.ProcessorCount, Cores());

    internal static int Threads(int ranksOfHost, int usable, int cores) => usable < cores ? usable : Math.Max(1, usable / ranksOfHost);

    private static int Cores() => OperatingSystem.IsWindows() ? Environment.ProcessorCount : (int)Math.Max(1, SystemConfiguration(OnlineProcessors));

    [LibraryImport("libc", EntryPoint = "sysconf")]
    private static partial long SystemConfiguration(int name);
}
