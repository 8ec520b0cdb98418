namespace FineTune.Pipeline;

/// <summary>
/// Ends a build with one clear line at the place in the spec that the part is named at. Say what is wrong and the way out. Other exceptions
/// are taken for a fault of the plugin.
/// </summary>
public sealed class PipelineException : Exception
{
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

    /// <summary>The key of the part's table whose place the message belongs to; null for the part itself.</summary>
    public string? Key { get; init; }
}
