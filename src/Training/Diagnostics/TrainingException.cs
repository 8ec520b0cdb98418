using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Diagnostics;

/// <summary>Ends a run with one diagnostic.</summary>
internal sealed class TrainingException(Diagnostic diagnostic, Exception? inner = null) : Exception(diagnostic.Message, inner)
{
    public Diagnostic Diagnostic { get; } = diagnostic;
}

/// <summary>Creates diagnostics at a position in a file.</summary>
internal sealed record SpecLocation(string File, SourceSpan Span)
{
    public TrainingException Error(DiagnosticDescriptor descriptor, params object[] arguments) => new(At(descriptor, arguments));

    public TrainingException Error(Exception inner, DiagnosticDescriptor descriptor, params object[] arguments) =>
        new(At(descriptor, arguments), inner);

    public Diagnostic At(DiagnosticDescriptor descriptor, params object[] arguments) => Diagnostic.Create(descriptor, File, Span, arguments);
}
