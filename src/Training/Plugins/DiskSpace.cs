namespace FineTune.Training.Plugins;

/// <summary>Tells a full disk, which is nobody's mistake, from other failures of files.</summary>
internal static class DiskSpace
{
    // Windows: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL. Unix: ENOSPC, and EDQUOT, whose number depends on the system.
    private static readonly int[] Codes = OperatingSystem.IsWindows()
        ? [unchecked((int)0x80070027), unchecked((int)0x80070070)]
        : [28, OperatingSystem.IsMacOS() ? 69 : 122];

    /// <summary>Whether an operation failed because there is no space left, or none that the user may take.</summary>
    public static bool IsExhausted(Exception e) => e is IOException && Codes.Contains(e.HResult);
}
