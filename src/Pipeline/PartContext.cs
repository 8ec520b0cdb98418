namespace FineTune.Pipeline;

/// <summary>What every part is given.</summary>
public abstract record PartContext
{
    /// <summary>The spec's folder, which its relative paths start from.</summary>
    public required string Folder { get; init; }

    /// <summary>The classes of the spec in order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The values of the part's parameters.</summary>
    public required PartValues Values { get; init; }

    /// <summary>Where progress and warnings go.</summary>
    public required IPartReport Report { get; init; }

    /// <summary>Ends the work: a build that is cancelled or killed waits for no part.</summary>
    public required CancellationToken Cancellation { get; init; }
}

/// <summary>Where a part says what it does.</summary>
public interface IPartReport
{
    /// <summary>A line for people.</summary>
    void Line(string text);

    /// <summary>A warning at the place in the spec that the part is named at.</summary>
    /// <param name="message">What is wrong, and the way out.</param>
    /// <param name="key">The key of the part's table that it belongs to; null for the part itself.</param>
    void Warn(string message, string? key = null);
}
