namespace FineTune.Pipeline;

/// <summary>
/// Reports an error in the user's data or spec and ends the build. The message appears as one line at the position at which the spec names the part;
/// it should describe the problem and its solution. Any other exception is reported as an error in the plugin.
/// </summary>
public sealed class PipelineException : Exception
{
    /// <summary>A value of <see cref="Key"/>: the list of classes in the spec's <c>[model]</c>.</summary>
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
    /// The key at whose value the error is reported: a key of the part's table, or <see cref="Classes"/>; null for the part itself.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>
    /// The code of the error in the plugin's documentation, letters and digits such as <c>ACME0001</c>; null for the general code of errors
    /// of plugins.
    /// </summary>
    public string? Code { get; init; }
}
