namespace FineTune;

/// <summary>The steps of a prediction one by one, so that images of several callers can share a pass. All generated classes have them.</summary>
/// <typeparam name="TLabel">The label enum.</typeparam>
internal interface IPixelClassifier<TLabel> : IImageClassifier<TLabel>
    where TLabel : struct, Enum
{
    /// <summary>Reads a file asynchronously, up to the limit.</summary>
    /// <exception cref="InvalidDataException">The file is longer than the limit; the message names it.</exception>
    Task<ArraySegment<byte>> ReadAsync(string path, CancellationToken cancellationToken);

    /// <summary>Reads what is left of a stream asynchronously, up to the limit.</summary>
    /// <exception cref="InvalidDataException">The stream is longer than the limit.</exception>
    Task<ArraySegment<byte>> ReadAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>Decodes an image to the network's input size.</summary>
    /// <param name="encoded">The image.</param>
    /// <param name="path">The file that it is from, which an error names, or null.</param>
    /// <returns>RGB pixels, rows first.</returns>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond the limits.</exception>
    byte[] Decode(ReadOnlySpan<byte> encoded, string? path);

    /// <summary>Runs the network.</summary>
    /// <param name="pixels">The RGB pixels of images of the input size, one after another.</param>
    /// <param name="count">How many images.</param>
    Prediction<TLabel>[] Classify(byte[] pixels, int count);
}
