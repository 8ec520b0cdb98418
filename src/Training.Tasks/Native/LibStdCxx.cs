using System.Text;

namespace FineTune.Build.Tasks.Native;

/// <summary>The system's C++ standard library.</summary>
internal static class LibStdCxx
{
    /// <summary>The file name that programs ask for.</summary>
    public const string FileName = "libstdc++.so.6";

    /// <summary>The usual places, in the loader's order.</summary>
    public static string? Find()
    {
        string[] directories =
        [
            .. (Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "").Split([':'], StringSplitOptions.RemoveEmptyEntries),
            "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
        ];
        return directories.Select(static d => Path.Combine(d, FileName)).FirstOrDefault(File.Exists);
    }

    /// <summary>A library's bytes as text: Latin-1 maps them one to one, so that a text search is a byte search.</summary>
    public static string AsText(byte[] library) => Encoding.GetEncoding("ISO-8859-1").GetString(library);

    /// <summary>Whether a library defines the version called <paramref name="version"/>: its name stands in the string table.</summary>
    public static bool Has(string library, string version) => library.IndexOf("\0" + version + "\0", StringComparison.Ordinal) >= 0;
}
