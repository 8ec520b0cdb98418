namespace FineTune.Training.Plugins;

/// <summary>Distinguishes a full disk from other errors of files.</summary>
internal static class DiskSpace
{
    // Windows: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL. Unix: ENOSPC, and EDQUOT, whose number depends on the system.
    private static readonly int[] Codes = OperatingSystem.IsWindows()
        ? [unchecked((int)0x80070027), unchecked((int)0x80070070)]
        : [28, OperatingSystem.IsMacOS() ? 69 : 122];

    /// <summary>Whether an operation failed because the disk is full, or the user's quota is exhausted.</summary>
    public static bool IsExhausted(Exception e) => e is IOException && Codes.Contains(e.HResult);
}
