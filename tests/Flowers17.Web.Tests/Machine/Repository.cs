using System.Reflection;

namespace FlowersWeb.Tests;

/// <summary>Where this repository's files are.</summary>
internal static class Repository
{
    private static readonly string Root = Metadata("RepositoryRoot");

    /// <summary>The trainer.</summary>
    public static string Trainer { get; } = File("src", "Training", "bin", Metadata("Configuration"), "net10.0", "finetune.dll");

    /// <summary>The sample's folder.</summary>
    public static string Sample { get; } = File("samples", "Flowers17.Web");

    /// <summary>The sample's program.</summary>
    public static string Program { get; } = Path.Combine(Sample, "bin", Metadata("Configuration"), "net10.0", "Flowers17.Web.dll");

    /// <summary>A file of the repository.</summary>
    public static string File(params ReadOnlySpan<string> path) => Path.Combine([Root, .. path]);

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
