namespace FineTune.Pipeline;

/// <summary>The input that every part gets.</summary>
public abstract record PartContext
{
    /// <summary>The spec's folder; relative paths start from it.</summary>
    public required string Folder { get; init; }

    /// <summary>The classes of the spec in order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The values of the part's parameters.</summary>
    public required PartValues Values { get; init; }

    /// <summary>Receives progress and warnings.</summary>
    public required IPartReport Report { get; init; }

    /// <summary>Cancels the work: a build that is cancelled does not wait for its parts.</summary>
    public required CancellationToken Cancellation { get; init; }
}

/// <summary>Receives the messages of a part.</summary>
public interface IPartReport
{
    /// <summary>Writes a line to the output.</summary>
    void Line(string text);

    /// <summary>Reports a warning at the position at which the spec names the part.</summary>
    /// <param name="message">The problem and its solution.</param>
    /// <param name="key">The key at whose value the warning is reported; null for the part itself.</param>
    void Warn(string message, string? key = null);
}
