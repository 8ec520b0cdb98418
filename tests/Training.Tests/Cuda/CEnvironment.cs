using System.Runtime.InteropServices;

namespace Training.Tests.Cuda;

/// <summary>The environment as the C library has it.</summary>
internal static class CEnvironment
{
    public static string? Get(string name) => Marshal.PtrToStringUTF8(GetVariable(name));

    [DllImport("libc", EntryPoint = "getenv", CharSet = CharSet.Ansi)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint GetVariable([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
