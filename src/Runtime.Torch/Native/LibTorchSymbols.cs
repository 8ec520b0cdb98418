using System.Globalization;
using System.Reflection;
using TorchSharp;

namespace FineTune.Native;

/// <summary>
/// Compares what TorchSharp's native library asks libtorch for with what a libtorch has. The loader binds functions when they are first called: with
/// another version of libtorch, the process would end in the middle of its work.
/// </summary>
internal static class LibTorchSymbols
{
    /// <summary>How many symbols a message names.</summary>
    private const int Named = 3;

    /// <summary>libtorch's libraries; the first ones have nearly all.</summary>
    private static readonly string[] Libraries = ["torch_cpu", "c10", "torch", "torch_cuda", "c10_cuda"];

    /// <summary>The version of libtorch that TorchSharp is built for. TorchSharp's own constant cannot be read without loading a libtorch.</summary>
    public static string BuiltFor { get; } = typeof(LibTorchSymbols).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "LibTorchVersion").Value!;

    /// <summary>The symbols that a libtorch lacks.</summary>
    /// <param name="binding">TorchSharp's native library.</param>
    /// <param name="folder">The folder of libtorch's libraries.</param>
    /// <param name="count">How many symbols TorchSharp's library asks libtorch for.</param>
    /// <returns>Mangled names in ordinal order; empty if the libtorch has them all.</returns>
    /// <exception cref="InvalidDataException">A library is damaged.</exception>
    /// <exception cref="IOException">A library cannot be read.</exception>
    public static IReadOnlyList<string> Missing(string binding, string folder, out int count)
    {
        IReadOnlyList<string> imports = ElfSymbols.Read(binding).Imports();
        count = imports.Count;
        IReadOnlyList<string> missing = imports;
        foreach (string path in Libraries.Select(library => Path.Combine(folder, NativeDirectories.FileName(library))).Where(File.Exists))
        {
            if (missing.Count == 0) break;
            ElfSymbols library = ElfSymbols.Read(path);
            missing = [.. missing.Where(name => !library.Exports(name))];
        }
        return [.. missing.Order(StringComparer.Ordinal)];
    }

    /// <summary>Checks a libtorch before it is loaded.</summary>
    /// <param name="binding">TorchSharp's native library.</param>
    /// <param name="folder">The folder of libtorch's libraries.</param>
    /// <exception cref="IncompatibleLibTorchException">It lacks symbols.</exception>
    public static void Check(string binding, string folder)
    {
        IReadOnlyList<string> missing;
        int count;
        try
        {
            missing = Missing(binding, folder, out count);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // The loader says what is wrong.
            return;
        }
        if (missing.Count > 0) throw new IncompatibleLibTorchException(Describe(missing, count, folder));
    }

    private static string Describe(IReadOnlyList<string> missing, int count, string folder)
    {
        string names = string.Join(", ", missing.Take(Named)) + (missing.Count > Named ? string.Create(CultureInfo.InvariantCulture, $" and {missing.Count - Named} more") : "");
        string version = LibTorchFolder.Version(folder) is { } known ? $" is version {known} and" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"The libtorch in '{folder}'{version} lacks {missing.Count} of the {count} symbols that TorchSharp {typeof(torch).Assembly.GetName().Version!.ToString(3)} asks it for: {names}. ")
            + $"That TorchSharp was built for libtorch {BuiltFor}; use that version, or another one that has all of its symbols (docs/gpu.md lists some).";
    }
}
