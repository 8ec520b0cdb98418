using System.Reflection;

namespace ModelSpec.Diagnostics;

/// <summary>Where a diagnostic is explained: its row in <c>diagnostics.md</c>.</summary>
public static class DiagnosticHelp
{
    /// <summary>The metadata of the assembly that names the place of the documentation; a build of the packages sets it with <c>DocumentationUrl</c>.</summary>
    private const string Metadata = "DocumentationUrl";

    private static readonly string? Documentation = typeof(DiagnosticHelp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(static attribute => attribute.Key == Metadata)?.Value;

    /// <summary>The address of a code's explanation, or null if this build does not know where its documentation is published.</summary>
    public static string? LinkOf(string code) => LinkOf(code, Documentation);

    /// <summary>The address of a code's explanation in documentation at a place.</summary>
    /// <param name="code">The code, such as <c>MSPEC0001</c>.</param>
    /// <param name="documentation">The address of the folder <c>docs</c>, or null.</param>
    internal static string? LinkOf(string code, string? documentation) =>
        string.IsNullOrEmpty(documentation) ? null : $"{documentation!.TrimEnd('/')}/diagnostics.md#{code.ToLowerInvariant()}";
}
