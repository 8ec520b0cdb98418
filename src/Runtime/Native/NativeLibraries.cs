using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace FineTune.Native;

/// <summary>
/// Loads libtorch before anything asks for it, and says what is really wrong where that fails: TorchSharp's own message names a
/// missing package even when the library is there and the system is too old for it.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>
    /// The runtime configuration option with further folders to look in, separated as in <c>PATH</c>: the build sets it from
    /// <c>LibTorchDir</c>.
    /// </summary>
    public const string DirectoriesOption = "FineTune.NativeDirectories";

    private static readonly Lock Gate = new();
    private static readonly List<string> Directories = [];
    private static bool _loaded;

    /// <summary>Adds a folder to look in, in front of the usual ones. Call it before the first use of torch.</summary>
    public static void AddDirectory(string directory)
    {
        lock (Gate) Directories.Add(Path.GetFullPath(directory));
    }

    /// <summary>Loads libtorch. Further calls do nothing.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message has the system's reason and the way out.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (_loaded) return;
            if (AppContext.GetData(DirectoriesOption) is string option)
            {
                Directories.AddRange(option.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
            }
            if (Directories.Count > 0) AssemblyLoadContext.Default.ResolvingUnmanagedDll += static (_, name) => Resolve(name);
            foreach (string library in LibTorch) Find(library, out _);
            if (!Find("LibTorchSharp", out string? problem)) throw new DllNotFoundException(Explain(problem));
            torch.InitializeDeviceType(DeviceType.CPU);
            _loaded = true;
        }
    }

    /// <summary>libtorch's libraries in the order in which they need each other.</summary>
    private static string[] LibTorch => ["c10", "torch_cpu", "torch"];

    private static bool Find(string name, out string? problem)
    {
        problem = null;
        foreach (string path in Candidates(name).Where(File.Exists))
        {
            try
            {
                NativeLibrary.Load(path);
                return true;
            }
            catch (DllNotFoundException e)
            {
                problem ??= e.Message;
            }
        }
        return problem is null && NativeLibrary.TryLoad(name, typeof(torch).Assembly, null, out _);
    }

    private static nint Resolve(string name)
    {
        foreach (string path in Directories.Select(d => Path.Combine(d, FileName(name))).Where(File.Exists))
        {
            if (NativeLibrary.TryLoad(path, out nint handle)) return handle;
        }
        return 0;
    }

    private static IEnumerable<string> Candidates(string name)
    {
        string file = FileName(name);
        string probing = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return Directories
            .Concat(probing.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Select(directory => Path.Combine(directory, file))
            .Distinct(StringComparer.Ordinal);
    }

    private static string FileName(string name)
    {
        if (Path.HasExtension(name)) return name;
        if (OperatingSystem.IsWindows()) return name + ".dll";
        string prefixed = name.StartsWith("lib", StringComparison.Ordinal) ? name : "lib" + name;
        return prefixed + (OperatingSystem.IsMacOS() ? ".dylib" : ".so");
    }

    private static string Explain(string? problem)
    {
        if (problem is null)
        {
            return "libtorch is not there. Reference TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows (the build does "
                + "so by the property TorchBackend), or name an existing libtorch folder by the property LibTorchDir.";
        }
        string wayOut = problem.Contains("GLIBCXX", StringComparison.Ordinal)
            ? " This system's C++ library is older than TorchSharp asks for. Building the application on this system, with FineTune.Build "
                + "referenced, makes a copy of the library that loads here."
            : "";
        return "libtorch is there but the system cannot load it: " + problem.Trim() + wayOut;
    }
}
