using FineTune.Images;

namespace FineTune;

/// <summary>
/// A classifier for servers: images that callers send at the same time with <c>PredictAsync</c> go through the network together
/// (<see cref="PredictionBatcher{TLabel}"/>). Everything else goes to the classifier as it is.
/// </summary>
/// <typeparam name="TLabel">The label enum of the classifier.</typeparam>
public sealed class BatchingClassifier<TLabel> : IImageClassifier<TLabel>, IAsyncDisposable, IDisposable
    where TLabel : struct, Enum
{
    private readonly IPixelClassifier<TLabel> _classifier;
    private readonly PredictionBatcher<TLabel> _batcher;

    /// <summary>Begins to serve.</summary>
    /// <param name="classifier">A generated classifier of any engine, which stays the caller's and must outlive this.</param>
    /// <param name="largestBatch">The most images of one pass, 1 to 4,096.</param>
    /// <param name="longestDelay">How long an image may wait for others while the network is idle, up to an hour; 5 ms by default.</param>
    /// <param name="capacity">The most decoded images in memory; eight times <paramref name="largestBatch"/> by default.</param>
    /// <exception cref="ArgumentException">The classifier is not a generated one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public BatchingClassifier(IImageClassifier<TLabel> classifier, int largestBatch = 16, TimeSpan? longestDelay = null, int? capacity = null)
    {
        _batcher = new PredictionBatcher<TLabel>(classifier, largestBatch, longestDelay, capacity);
        _classifier = (IPixelClassifier<TLabel>)classifier;
    }

    /// <inheritdoc />
    public ImageSize InputSize => _classifier.InputSize;

    /// <inheritdoc />
    public Prediction<TLabel> Predict(string path) => _classifier.Predict(path);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(Stream stream) => _classifier.Predict(stream);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(ReadOnlySpan<byte> encoded) => _classifier.Predict(encoded);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(ReadOnlySpan<byte> pixels, int width, int height) => _classifier.Predict(pixels, width, height);

    /// <inheritdoc />
    public IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<string> paths) => _classifier.Predict(paths);

    /// <inheritdoc />
    public IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<ReadOnlyMemory<byte>> encoded) => _classifier.Predict(encoded);

    /// <inheritdoc />
    public Task<Prediction<TLabel>> PredictAsync(string path, CancellationToken cancellationToken = default) => _batcher.PredictAsync(path, cancellationToken);

    /// <inheritdoc />
    public async Task<Prediction<TLabel>> PredictAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArraySegment<byte> encoded = await _classifier.ReadAsync(stream, cancellationToken).ConfigureAwait(false);
        return await PredictAsync(encoded, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task<Prediction<TLabel>> PredictAsync(ReadOnlyMemory<byte> encoded, CancellationToken cancellationToken = default) =>
        Task.Run(() => _batcher.PredictAsync(encoded.Span, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default) =>
        _classifier.PredictAsync(paths, cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> encoded, CancellationToken cancellationToken = default) =>
        _classifier.PredictAsync(encoded, cancellationToken);

    /// <inheritdoc />
    public IAsyncEnumerable<FilePrediction<TLabel>> PredictFilesAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default) =>
        _classifier.PredictFilesAsync(paths, cancellationToken);

    /// <inheritdoc />
    public float[] Embed(string path) => _classifier.Embed(path);

    /// <inheritdoc />
    public float[] Embed(Stream stream) => _classifier.Embed(stream);

    /// <inheritdoc />
    public float[] Embed(ReadOnlySpan<byte> encoded) => _classifier.Embed(encoded);

    /// <inheritdoc />
    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> paths) => _classifier.Embed(paths);

    /// <summary>Answers what is decoded, then ends.</summary>
    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => _batcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
