using System.Globalization;
using FineTune.Pipeline;
using ModelSpec.Diagnostics;

namespace FineTune.Training.Diagnostics;

/// <summary>Creates the errors of built-in parts, which are thrown in the same way as those of plugins.</summary>
internal static class PipelineExceptions
{
    /// <summary>Creates an error.</summary>
    /// <param name="descriptor">Its descriptor.</param>
    /// <param name="key">The key at whose value it is reported; null for the part itself.</param>
    /// <param name="arguments">The values of the placeholders in its message.</param>
    public static PipelineException Exception(this DiagnosticDescriptor descriptor, string? key, params object[] arguments) =>
        new(string.Format(CultureInfo.InvariantCulture, descriptor.MessageFormat, arguments)) { Key = key, Code = descriptor.Code };

    /// <summary>Creates an error with a cause.</summary>
    /// <param name="descriptor">Its descriptor.</param>
    /// <param name="inner">The cause.</param>
    /// <param name="key">The key at whose value it is reported; null for the part itself.</param>
    /// <param name="arguments">The values of the placeholders in its message.</param>
    public static PipelineException Because(this DiagnosticDescriptor descriptor, Exception inner, string? key, params object[] arguments) =>
        new(string.Format(CultureInfo.InvariantCulture, descriptor.MessageFormat, arguments), inner) { Key = key, Code = descriptor.Code };
}
