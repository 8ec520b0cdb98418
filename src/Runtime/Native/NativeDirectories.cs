using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace FineTune.Native;

/// <summary>Further folders with native libraries, for programs that do not have them in their own folder.</summary>
internal static class NativeDirectories
{
    /// <summary>
    /// The runtime configuration option with further folders to look in, separated as in <c>PATH</c>: the build sets it from
    /// <c>LibTorchDir</c>.
    /// </summary>
    public const string Option = "FineTune.NativeDirectories";

    private static readonly Lock Gate = new();
    private static readonly List<string> Directories = [];
    private static bool _isUsed;

    /// <summary>Adds a folder to look in, in front of the usual ones. Call it before the first use of a native library.</summary>
    public static void Add(string directory)
    {
        lock (Gate) Directories.Add(Path.GetFullPath(directory));
    }

    /// <summary>Makes the runtime look in the folders for libraries that it does not find elsewhere. Further calls do nothing.</summary>
    /// <returns>The folders.</returns>
    public static IReadOnlyList<string> Use()
    {
        lock (Gate)
        {
            if (_isUsed) return Directories;
            _isUsed = true;
            if (AppContext.GetData(Option) is string option) Directories.AddRange(option.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
            if (Directories.Count > 0) AssemblyLoadContext.Default.ResolvingUnmanagedDll += static (_, name) => Resolve(name);
            return Directories;
        }
    }

    /// <summary>What the file of a library is called on this operating system.</summary>
    public static string FileName(string name)
    {
        if (Path.HasExtension(name)) return name;
        if (OperatingSystem.IsWindows()) return name + ".dll";
        string prefixed = name.StartsWith("lib", StringComparison.Ordinal) ? name : "lib" + name;
        return prefixed + (OperatingSystem.IsMacOS() ? ".dylib" : ".so");
    }

    private static nint Resolve(string name)
    {
        foreach (string path in Directories.Select(d => Path.Combine(d, FileName(name))).Where(File.Exists))
        {
            if (NativeLibrary.TryLoad(path, out nint handle)) return handle;
        }
        return 0;
    }
}
