using System.Globalization;
using FineTune.Pipeline;
using ModelSpec.Diagnostics;

namespace FineTune.Training.Diagnostics;

/// <summary>Makes the errors of built-in parts, which are thrown as those of plugins are.</summary>
internal static class PipelineExceptions
{
    /// <summary>Makes an error.</summary>
    /// <param name="descriptor">Which one.</param>
    /// <param name="key">The key whose place it belongs to; null for the part itself.</param>
    /// <param name="arguments">What fills the holes of its message.</param>
    public static PipelineException Exception(this DiagnosticDescriptor descriptor, string? key, params object[] arguments) =>
        new(string.Format(CultureInfo.InvariantCulture, descriptor.MessageFormat, arguments)) { Key = key, Code = descriptor.Code };

    /// <summary>Makes an error with a cause.</summary>
    /// <param name="descriptor">Which one.</param>
    /// <param name="inner">The cause.</param>
    /// <param name="key">The key whose place it belongs to; null for the part itself.</param>
    /// <param name="arguments">What fills the holes of its message.</param>
    public static PipelineException Because(this DiagnosticDescriptor descriptor, Exception inner, string? key, params object[] arguments) =>
        new(string.Format(CultureInfo.InvariantCulture, descriptor.MessageFormat, arguments), inner) { Key = key, Code = descriptor.Code };
}
