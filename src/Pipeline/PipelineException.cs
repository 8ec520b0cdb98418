namespace FineTune.Pipeline;

/// <summary>
/// Ends a build with one clear line at the place in the spec that the part is named at. Say what is wrong and the way out. Other exceptions
/// are treated as an error in the plugin.
/// </summary>
public sealed class PipelineException : Exception
{
    /// <summary>As <see cref="Key"/>: the list of classes in the spec's <c>[model]</c>.</summary>
    public const string Classes = "classes";

    /// <summary>Makes an exception without a message.</summary>
    public PipelineException()
    {
    }

    /// <summary>Makes an exception.</summary>
    public PipelineException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a cause.</summary>
    public PipelineException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// The key whose place the message belongs to: one of the part's table, or <see cref="Classes"/>; null for the part itself.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>
    /// The code under which the plugin documents the error, letters and digits such as <c>ACME0001</c>; null for the general code of errors
    /// of plugins.
    /// </summary>
    public string? Code { get; init; }
}
