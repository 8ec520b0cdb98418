using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using ModelSpec.Diagnostics;
using ModelSpec.Text;
using Diagnostic = Microsoft.CodeAnalysis.Diagnostic;
using DiagnosticDescriptor = Microsoft.CodeAnalysis.DiagnosticDescriptor;

namespace ModelSpec.Generator.Diagnostics;

/// <summary>Converts the language's diagnostics to those of the compiler.</summary>
internal static class RoslynDiagnostics
{
    /// <summary>Converts one diagnostic, with its position in the spec.</summary>
    public static Diagnostic Create(ModelSpec.Diagnostics.Diagnostic diagnostic)
    {
#pragma warning disable RS2008 // The codes are listed in docs/diagnostics.md; they belong to the language, not to an analyzer release.
        var descriptor = new DiagnosticDescriptor(
            diagnostic.Descriptor.Code, diagnostic.Descriptor.Title, "{0}", "ModelSpec",
            diagnostic.IsError ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, isEnabledByDefault: true,
            helpLinkUri: DiagnosticHelp.LinkOf(diagnostic.Descriptor.Code));
#pragma warning restore RS2008
        SourceSpan span = diagnostic.Span;
        var location = Location.Create(
            diagnostic.File, new TextSpan(span.Offset, span.Length),
            new LinePositionSpan(new LinePosition(span.Line - 1, span.Column - 1), new LinePosition(span.EndLine - 1, span.EndColumn - 1)));
        return Diagnostic.Create(descriptor, location, diagnostic.Message);
    }
}
