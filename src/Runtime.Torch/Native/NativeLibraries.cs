using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace FineTune.Native;

/// <summary>
/// Loads libtorch before anything asks for it, and says what is really wrong where that fails: TorchSharp's own message names a
/// missing package even when the library is there and the system is too old for it.
/// </summary>
internal static class NativeLibraries
{
    private static readonly Lock Gate = new();
    private static bool _loaded;

    /// <summary>Loads libtorch. Further calls do nothing.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message has the system's reason and the way out.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (_loaded) return;
            CheckNamedFolder();
            foreach (string library in LibTorch) Find(library, out _);
            if (!Find("LibTorchSharp", out string? problem)) throw new DllNotFoundException(Explain(problem));
            torch.InitializeDeviceType(DeviceType.CPU);
            _loaded = true;
        }
    }

    /// <summary>The file of a library that this process has loaded, or null.</summary>
    /// <param name="library">Its name without what the operating system adds, such as <c>torch_cpu</c>.</param>
    public static string? LoadedFile(string library)
    {
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            if (Path.GetFileName(module.FileName) == NativeDirectories.FileName(library)) return module.FileName;
        }
        return null;
    }

    /// <summary>
    /// Checks the libtorch of a folder that the application, or a command line, names, and loads what is next to it. A libtorch of a package has
    /// everything that it needs in its own folder, and fits.
    /// </summary>
    private static void CheckNamedFolder()
    {
        if (NativeDirectories.Use().FirstOrDefault(LibTorchFolder.HasLibTorch) is not { } folder) return;
        if (OperatingSystem.IsLinux() && Candidates("LibTorchSharp").FirstOrDefault(File.Exists) is { } binding) LibTorchSymbols.Check(binding, folder);
        // One that does not load is missed, and named, by the library that needs it.
        foreach (string library in LibTorchFolder.NvidiaLibraries(folder)) NativeLibrary.TryLoad(library, out _);
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

    private static IEnumerable<string> Candidates(string name)
    {
        string file = NativeDirectories.FileName(name);
        string probing = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return NativeDirectories.Use()
            .Concat(probing.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Select(directory => Path.Combine(directory, file))
            .Distinct(StringComparer.Ordinal);
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
