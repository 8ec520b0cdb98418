using System.Diagnostics.CodeAnalysis;

namespace FineTune;

/// <summary>What a classifier says of one of many files.</summary>
/// <typeparam name="TLabel">The label enum.</typeparam>
public sealed class FilePrediction<TLabel>
    where TLabel : struct, Enum
{
    /// <summary>An answer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="prediction">The answer.</param>
    public FilePrediction(string path, Prediction<TLabel> prediction) => (Path, Prediction) = (path, prediction);

    /// <summary>A file that could not be classified.</summary>
    /// <param name="path">The file.</param>
    /// <param name="error">Why.</param>
    public FilePrediction(string path, Exception error) => (Path, Error) = (path, error);

    /// <summary>The file, as it was given.</summary>
    public string Path { get; }

    /// <summary>The answer; null where there is an <see cref="Error"/>.</summary>
    public Prediction<TLabel>? Prediction { get; }

    /// <summary>
    /// Why there is no answer: an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> if the file cannot be read, an
    /// <see cref="InvalidDataException"/> if it is not an image or is beyond a limit. Null if there is one.
    /// </summary>
    public Exception? Error { get; }

    /// <summary>Whether there is an answer.</summary>
    [MemberNotNullWhen(true, nameof(Prediction))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Prediction is not null;
}
