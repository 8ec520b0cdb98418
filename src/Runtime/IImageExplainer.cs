namespace FineTune;

/// <summary>
/// Shows which parts of a photo an answer comes from. Generated classes on the torch engine implement it; ONNX Runtime computes no gradients.
/// Its members are safe to use from several threads at once. Each call runs the network twice, and looks at one photo.
/// </summary>
/// <typeparam name="TLabel">The label enum: one member per class, in the order of the outputs, from 0.</typeparam>
public interface IImageExplainer<TLabel>
    where TLabel : struct, Enum
{
    /// <summary>Explains the answer to the image in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="label">The label that is explained; the predicted one if null.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or is beyond a limit; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The label is none of the enum's.</exception>
    /// <exception cref="NotSupportedException">The network has no layer whose output has rows and columns.</exception>
    Explanation<TLabel> Explain(string path, TLabel? label = null);

    /// <summary>Explains the answer to the image that is the rest of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="label">The label that is explained; the predicted one if null.</param>
    /// <exception cref="InvalidDataException">The stream is not an image, or is beyond a limit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The label is none of the enum's.</exception>
    /// <exception cref="NotSupportedException">The network has no layer whose output has rows and columns.</exception>
    Explanation<TLabel> Explain(Stream stream, TLabel? label = null);

    /// <summary>Explains the answer to an encoded image (JPEG, PNG, WebP, BMP, GIF).</summary>
    /// <param name="encoded">The file's content.</param>
    /// <param name="label">The label that is explained; the predicted one if null.</param>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond a limit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The label is none of the enum's.</exception>
    /// <exception cref="NotSupportedException">The network has no layer whose output has rows and columns.</exception>
    Explanation<TLabel> Explain(ReadOnlySpan<byte> encoded, TLabel? label = null);

    /// <summary>Explains the answer to an image that is decoded already.</summary>
    /// <param name="pixels">RGB pixels in [0, 255], rows first: <paramref name="height"/> × <paramref name="width"/> × 3 bytes.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="label">The label that is explained; the predicted one if null.</param>
    /// <exception cref="ArgumentException">There are not so many pixels.</exception>
    /// <exception cref="InvalidDataException">The image is beyond a limit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The label is none of the enum's.</exception>
    /// <exception cref="NotSupportedException">The network has no layer whose output has rows and columns.</exception>
    Explanation<TLabel> Explain(ReadOnlySpan<byte> pixels, int width, int height, TLabel? label = null);

    /// <summary>Explains the answer to an encoded image on the thread pool.</summary>
    /// <param name="encoded">The file's content, which must not change until the task ends.</param>
    /// <param name="label">The label that is explained; the predicted one if null.</param>
    /// <param name="cancellationToken">Ends the wait for a thread; what runs, runs on.</param>
    /// <inheritdoc cref="Explain(ReadOnlySpan{byte}, TLabel?)" path="/exception"/>
    Task<Explanation<TLabel>> ExplainAsync(ReadOnlyMemory<byte> encoded, TLabel? label = null, CancellationToken cancellationToken = default);
}
