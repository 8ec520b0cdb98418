using System.Text.RegularExpressions;

namespace FineTune.Native;

/// <summary>The folder of an installed libtorch or PyTorch.</summary>
internal static partial class LibTorchFolder
{
    /// <summary>Where libtorch's libraries are in an installation: in the folder itself, in that of an unpacked libtorch, or in Python's <c>site-packages</c>.</summary>
    private static readonly string[] Places = ["", "lib", Path.Combine("torch", "lib")];

    /// <summary>Finds the folder of the libraries.</summary>
    /// <param name="folder">That folder, the folder of an unpacked libtorch, PyTorch's folder <c>torch</c>, or the one that contains it.</param>
    /// <returns>The folder of the libraries; <paramref name="folder"/> if there are none in it.</returns>
    public static string Resolve(string folder) => Places.Select(place => Path.Combine(folder, place).TrimEnd(Path.DirectorySeparatorChar)).FirstOrDefault(HasLibTorch) ?? folder;

    /// <summary>Whether libtorch is in a folder.</summary>
    public static bool HasLibTorch(string folder) => File.Exists(Path.Combine(folder, NativeDirectories.FileName("torch_cpu")));

    /// <summary>The folders of NVIDIA's libraries that PyTorch's packages install next to it: <c>site-packages/nvidia/*/lib</c>, or <c>bin</c> on Windows.</summary>
    /// <param name="folder">The folder of libtorch's libraries.</param>
    public static IReadOnlyList<string> NvidiaFolders(string folder)
    {
        string nvidia = Path.GetFullPath(Path.Combine(folder, "..", "..", "nvidia"));
        if (!Directory.Exists(nvidia)) return [];
        return [.. Directory.EnumerateDirectories(nvidia).Order(StringComparer.Ordinal)
            .Select(static package => Path.Combine(package, OperatingSystem.IsWindows() ? "bin" : "lib")).Where(Directory.Exists)];
    }

    /// <summary>
    /// NVIDIA's libraries that libtorch needs and that are in none of the loader's usual places, each after those that it needs itself.
    /// </summary>
    /// <param name="folder">The folder of libtorch's libraries.</param>
    /// <returns>Paths; empty on other systems than Linux, where libtorch's own folder has them.</returns>
    public static IReadOnlyList<string> NvidiaLibraries(string folder)
    {
        IReadOnlyList<string> nvidia = OperatingSystem.IsLinux() ? NvidiaFolders(folder) : [];
        if (nvidia.Count == 0) return [];
        List<string> ordered = [];
        HashSet<string> seen = [];
        Add(Path.Combine(folder, NativeDirectories.FileName("torch")), isNvidia: false);
        return ordered;

        void Add(string path, bool isNvidia)
        {
            if (!File.Exists(path) || !seen.Add(path)) return;
            foreach (string needed in NeededOf(path))
            {
                if (File.Exists(Path.Combine(folder, needed))) Add(Path.Combine(folder, needed), isNvidia: false);
                else if (nvidia.Select(other => Path.Combine(other, needed)).FirstOrDefault(File.Exists) is { } found) Add(found, isNvidia: true);
            }
            if (isNvidia) ordered.Add(path);
        }
    }

    /// <summary>The version of the libtorch or PyTorch in a folder, such as <c>2.12.0+cu128</c>, or null if the installation does not say.</summary>
    /// <param name="folder">The folder of its libraries.</param>
    public static string? Version(string folder)
    {
        // PyTorch has a module of its version, an unpacked libtorch a file.
        string python = Path.Combine(folder, "..", "version.py"), unpacked = Path.Combine(folder, "..", "build-version");
        if (File.Exists(python)) return PythonVersion().Match(File.ReadAllText(python)) is { Success: true } match ? match.Groups[1].Value : null;
        if (File.Exists(unpacked)) return File.ReadLines(unpacked).FirstOrDefault()?.Trim();
        return PackageVersion().Match(folder.Replace('\\', '/')) is { Success: true } package ? package.Groups[1].Value : null;
    }

    private static IReadOnlyList<string> NeededOf(string path)
    {
        try
        {
            return ElfSymbols.Read(path).Needed();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // The loader says what is wrong with it.
            return [];
        }
    }

    [GeneratedRegex(@"(?m)^__version__\s*=\s*['""]([^'""]+)['""]")]
    private static partial Regex PythonVersion();

    [GeneratedRegex(@"/libtorch-[^/]+/([0-9][^/]*)/runtimes/")]
    private static partial Regex PackageVersion();
}
