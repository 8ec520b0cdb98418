using System.Reflection;

namespace SamplePlugin.Tests;

/// <summary>Files of the repository.</summary>
internal static class Repository
{
    /// <summary>The sample's folder.</summary>
    public static string Sample { get; } = Metadata("Sample");

    /// <summary>The folder of these tests.</summary>
    public static string Tests { get; } = Metadata("Tests");

    /// <summary>The page that builds the sample step by step.</summary>
    public static string Page { get; } = Read(Path.Combine(Metadata("Docs"), "plugins.md"));

    /// <summary>A text file with line feeds.</summary>
    public static string Read(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
