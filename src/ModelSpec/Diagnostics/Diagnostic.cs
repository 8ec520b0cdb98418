using System.Globalization;
using ModelSpec.Text;

namespace ModelSpec.Diagnostics;

/// <summary>The severity of a diagnostic.</summary>
public enum Severity
{
    /// <summary>The build continues.</summary>
    Warning,

    /// <summary>The build stops.</summary>
    Error,
}

/// <summary>One kind of diagnostic: its code and its message with numbered placeholders.</summary>
public sealed record DiagnosticDescriptor(string Code, Severity Severity, string Title, string MessageFormat);

/// <summary>A diagnostic at a position in a file.</summary>
public sealed record Diagnostic(DiagnosticDescriptor Descriptor, string File, SourceSpan Span, string Message)
{
    /// <summary>Fills the descriptor's message.</summary>
    public static Diagnostic Create(DiagnosticDescriptor descriptor, string file, SourceSpan span, params object[] arguments) =>
        new(descriptor, file, span, string.Format(CultureInfo.InvariantCulture, descriptor.MessageFormat, arguments));

    /// <summary>Whether it stops the build.</summary>
    public bool IsError => Descriptor.Severity == Severity.Error;

    /// <summary>The line that MSBuild and editors understand: <c>file(line,column): error MSPEC0001: message</c>.</summary>
    public override string ToString() => string.Format(
        CultureInfo.InvariantCulture, "{0}({1},{2}): {3} {4}: {5}",
        File, Span.Line, Span.Column, IsError ? "error" : "warning", Descriptor.Code, Message);
}

/// <summary>A value, or the reasons why there is none. Carrying both keeps errors inside a generator's cached pipeline.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public sealed record Result<T>(T? Value, EquatableArray<Diagnostic> Diagnostics)
    where T : class
{
    /// <summary>Whether a diagnostic is an error.</summary>
    public bool HasErrors => Diagnostics.Any(static d => d.IsError);
}

/// <summary>Gathers the diagnostics of one file.</summary>
internal sealed class DiagnosticBag(string file)
{
    private readonly List<Diagnostic> _diagnostics = [];

    public string File => file;

    public bool HasErrors => _diagnostics.Exists(static d => d.IsError);

    public void Report(DiagnosticDescriptor descriptor, SourceSpan span, params object[] arguments) =>
        _diagnostics.Add(Diagnostic.Create(descriptor, file, span, arguments));

    public void AddRange(IEnumerable<Diagnostic> diagnostics) => _diagnostics.AddRange(diagnostics);

    /// <summary>The diagnostics in the order of their positions. An error that was found several times, in a block that is used several times, appears once.</summary>
    public EquatableArray<Diagnostic> ToArray() =>
        _diagnostics.Distinct().OrderBy(static d => d.Span.Offset).ToEquatableArray();
}
