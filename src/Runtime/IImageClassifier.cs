using FineTune.Images;

namespace FineTune;

/// <summary>
/// Classifies images. Generated classes implement it, whatever engine they run on; applications depend on it, and tests replace it.
/// Its members are safe to use from several threads at once.
/// </summary>
/// <typeparam name="TLabel">The label enum: one member per class, in the order of the outputs, from 0.</typeparam>
public interface IImageClassifier<TLabel>
    where TLabel : struct, Enum
{
    /// <summary>The size that images are brought to.</summary>
    ImageSize InputSize { get; }

    /// <summary>Classifies the image in a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or is beyond a limit; the message names it.</exception>
    Prediction<TLabel> Predict(string path);

    /// <summary>Classifies the image that is the rest of a stream.</summary>
    /// <exception cref="InvalidDataException">
    /// The stream is not an image, or is beyond a limit: no more is read from it than <see cref="ImageLimits.MaxBytes"/> and one byte.
    /// </exception>
    Prediction<TLabel> Predict(Stream stream);

    /// <summary>Classifies an encoded image (JPEG, PNG, WebP, BMP, GIF).</summary>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond a limit.</exception>
    Prediction<TLabel> Predict(ReadOnlySpan<byte> encoded);

    /// <summary>Classifies an image that is decoded already.</summary>
    /// <param name="pixels">RGB pixels in [0, 255], rows first: <paramref name="height"/> × <paramref name="width"/> × 3 bytes.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="height">The image's height.</param>
    /// <exception cref="ArgumentException">There are not so many pixels.</exception>
    /// <exception cref="InvalidDataException">The image is beyond a limit.</exception>
    Prediction<TLabel> Predict(ReadOnlySpan<byte> pixels, int width, int height);

    /// <summary>Classifies any number of files. They go through the network in batches, whose size bounds the memory that this takes.</summary>
    /// <returns>The predictions in the order of the paths.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is not an image, or is beyond a limit; the message names it.</exception>
    IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<string> paths);

    /// <summary>Classifies any number of encoded images, in batches whose size bounds the memory that this takes.</summary>
    /// <returns>The predictions in the order of the images.</returns>
    /// <exception cref="InvalidDataException">Bytes are not an image, or one beyond a limit; the message has their index.</exception>
    IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<ReadOnlyMemory<byte>> encoded);

    /// <summary>Classifies the image in a file without blocking the caller: the file is read asynchronously, the network runs on the thread pool.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or is beyond a limit; the message names it.</exception>
    Task<Prediction<TLabel>> PredictAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Classifies the image that is the rest of a stream without blocking the caller.</summary>
    /// <inheritdoc cref="Predict(Stream)" path="/exception"/>
    Task<Prediction<TLabel>> PredictAsync(Stream stream, CancellationToken cancellationToken = default);

    /// <summary>Classifies an encoded image on the thread pool.</summary>
    /// <param name="encoded">The file's content, which must not change until the task ends.</param>
    /// <param name="cancellationToken">Ends the waiting before the image is decoded.</param>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond a limit.</exception>
    Task<Prediction<TLabel>> PredictAsync(ReadOnlyMemory<byte> encoded, CancellationToken cancellationToken = default);

    /// <summary>Classifies any number of files on the thread pool.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="cancellationToken">Ends the work after the batch that runs.</param>
    /// <inheritdoc cref="Predict(IReadOnlyList{string})" path="/returns"/>
    /// <inheritdoc cref="Predict(IReadOnlyList{string})" path="/exception"/>
    Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default);

    /// <summary>Classifies any number of encoded images on the thread pool.</summary>
    /// <param name="encoded">The files' contents, which must not change until the task ends.</param>
    /// <param name="cancellationToken">Ends the work after the batch that runs.</param>
    /// <inheritdoc cref="Predict(IReadOnlyList{ReadOnlyMemory{byte}})" path="/returns"/>
    /// <inheritdoc cref="Predict(IReadOnlyList{ReadOnlyMemory{byte}})" path="/exception"/>
    Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(IReadOnlyList<ReadOnlyMemory<byte>> encoded, CancellationToken cancellationToken = default);

    /// <summary>
    /// Classifies files as they are enumerated, for more of them than fit into memory: a batch goes through the network while the next one is
    /// decoded. A file that cannot be classified does not end the enumeration.
    /// </summary>
    /// <param name="paths">The files; they are enumerated at most two batches ahead of the answers.</param>
    /// <param name="cancellationToken">Ends the enumeration after the batch that runs.</param>
    /// <returns>An answer or an error for each file, in the order of the paths.</returns>
    IAsyncEnumerable<FilePrediction<TLabel>> PredictFilesAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default);

    /// <summary>
    /// Computes the features of the image in a file: the global average of the backbone's output, one number for each of its channels.
    /// Images that look alike have features of a small angle (cosine similarity): for similarity search, and for finding duplicates.
    /// </summary>
    /// <returns>As many numbers as the generated class's <c>EmbeddingLength</c> says.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or is beyond a limit; the message names it.</exception>
    float[] Embed(string path);

    /// <summary>Computes the features of the image that is the rest of a stream.</summary>
    /// <exception cref="InvalidDataException">The stream is not an image, or is beyond a limit.</exception>
    float[] Embed(Stream stream);

    /// <summary>Computes the features of an encoded image (JPEG, PNG, WebP, BMP, GIF).</summary>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond a limit.</exception>
    float[] Embed(ReadOnlySpan<byte> encoded);

    /// <summary>Computes the features of any number of files, in batches whose size bounds the memory that this takes.</summary>
    /// <returns>The features in the order of the paths.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is not an image, or is beyond a limit; the message names it.</exception>
    IReadOnlyList<float[]> Embed(IReadOnlyList<string> paths);
}
