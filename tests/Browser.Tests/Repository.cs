using System.Reflection;

namespace Browser.Tests;

/// <summary>Where this repository's files are.</summary>
internal static class Repository
{
    private static readonly string Root = Metadata("RepositoryRoot");

    /// <summary>The folder of the page.</summary>
    public static string Page { get; } = Path.Combine(Root, "samples", "Browser");

    /// <summary>The trainer.</summary>
    public static string Trainer { get; } = Path.Combine(Root, "src", "Training", "bin", Metadata("Configuration"), "net10.0", "finetune.dll");

    /// <summary>A file of the repository.</summary>
    public static string File(params ReadOnlySpan<string> path) => Path.Combine([Root, .. path]);

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
