using System.Buffers;
using System.Runtime.ExceptionServices;
using FineTune.Images;
using FineTune.Inference;

namespace FineTune;

/// <summary>
/// Predictions around a network: reads and decodes images, sends them through the network in batches, and ranks the labels. What an
/// engine adds is the network itself.
/// </summary>
/// <typeparam name="TLabel">The label enum: one member per class, in the order of the outputs, from 0.</typeparam>
public abstract class ImagePredictor<TLabel> : IPixelClassifier<TLabel>
    where TLabel : struct, Enum
{
    private static readonly TLabel[] AllLabels = Enum.GetValues<TLabel>();

    private readonly int _batchSize;

    /// <summary>Makes a predictor.</summary>
    /// <param name="inputSize">The size that images are brought to.</param>
    /// <param name="resize">How images are resized before the centre of the input's size is cut out; if null, they just cover it.</param>
    /// <param name="mirror">Whether predictions also look at the mirrored image.</param>
    /// <param name="batchSize">The most files of one pass: more gain no speed with the engine, but take memory.</param>
    private protected ImagePredictor(ImageSize inputSize, ImageResize? resize, bool mirror, int batchSize)
    {
        _batchSize = batchSize;
        InputSize = inputSize;
        Resize = resize;
        Mirror = mirror;
    }

    /// <inheritdoc />
    public ImageSize InputSize { get; }

    /// <summary>
    /// How an image is resized before the centre of the input's size is cut out. If null, bilinearly and so that it just covers the input.
    /// </summary>
    public ImageResize? Resize { get; }

    /// <summary>Whether predictions also look at the mirrored image: the mean of both probabilities is the answer, at the price of two passes.</summary>
    public bool Mirror { get; }

    /// <summary>
    /// What the weights say about the probabilities: the temperature that is part of them, and the confidence from which an answer is certain.
    /// <see cref="FineTune.Certainty.None"/> where the spec says neither <c>calibrate</c> nor <c>accept</c>.
    /// </summary>
    public Certainty Certainty { get; internal set; } = Certainty.None;

    /// <summary>
    /// What an image may be at most to be classified. Set it before the first prediction; <see cref="Images.ImageLimits.Default"/>
    /// unless set.
    /// </summary>
    public ImageLimits ImageLimits
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = ImageLimits.Default;

    /// <inheritdoc />
    public Prediction<TLabel> Predict(string path) => RunOne(Read(path), path, Classify);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Predict(EncodedImage.Read(stream, ImageLimits));
    }

    /// <inheritdoc />
    public Prediction<TLabel> Predict(ReadOnlySpan<byte> encoded) => RunOne(encoded, null, Classify);

    /// <inheritdoc />
    public Prediction<TLabel> Predict(ReadOnlySpan<byte> pixels, int width, int height)
    {
        byte[] resized = new byte[InputSize.Bytes];
        ImageDecoder.Resize(pixels, new ImageSize(height, width), InputSize, resized, ImageLimits, Resize);
        return Classify(resized, 1)[0];
    }

    /// <inheritdoc />
    public IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return InBatches(paths.Count, DecodeFile(paths), Classify, CancellationToken.None);
    }

    /// <inheritdoc />
    public IReadOnlyList<Prediction<TLabel>> Predict(IReadOnlyList<ReadOnlyMemory<byte>> encoded)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return InBatches(encoded.Count, DecodeImage(encoded), Classify, CancellationToken.None);
    }

    /// <inheritdoc />
    public async Task<Prediction<TLabel>> PredictAsync(string path, CancellationToken cancellationToken = default)
    {
        ArraySegment<byte> encoded = await ReadAsync(path, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => RunOne(encoded, path, Classify), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async Task<Prediction<TLabel>> PredictAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArraySegment<byte> encoded = await EncodedImage.ReadAsync(stream, ImageLimits, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Predict(encoded), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task<Prediction<TLabel>> PredictAsync(ReadOnlyMemory<byte> encoded, CancellationToken cancellationToken = default) =>
        Task.Run(() => Predict(encoded.Span), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Task.Run<IReadOnlyList<Prediction<TLabel>>>(
            () => InBatches(paths.Count, DecodeFile(paths), Classify, cancellationToken), cancellationToken);
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<Prediction<TLabel>>> PredictAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> encoded, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return Task.Run<IReadOnlyList<Prediction<TLabel>>>(
            () => InBatches(encoded.Count, DecodeImage(encoded), Classify, cancellationToken), cancellationToken);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<FilePrediction<TLabel>> PredictFilesAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return FilePredictions.EnumerateAsync(this, paths, _batchSize, cancellationToken);
    }

    /// <inheritdoc />
    public float[] Embed(string path) => RunOne(Read(path), path, Features);

    /// <inheritdoc />
    public float[] Embed(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Embed(EncodedImage.Read(stream, ImageLimits));
    }

    /// <inheritdoc />
    public float[] Embed(ReadOnlySpan<byte> encoded) => RunOne(encoded, null, Features);

    /// <inheritdoc />
    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return InBatches(paths.Count, DecodeFile(paths), Features, CancellationToken.None);
    }

    /// <inheritdoc />
    Task<ArraySegment<byte>> IPixelClassifier<TLabel>.ReadAsync(string path, CancellationToken cancellationToken) => ReadAsync(path, cancellationToken);

    /// <inheritdoc />
    Task<ArraySegment<byte>> IPixelClassifier<TLabel>.ReadAsync(Stream stream, CancellationToken cancellationToken) =>
        EncodedImage.ReadAsync(stream, ImageLimits, cancellationToken);

    /// <inheritdoc />
    byte[] IPixelClassifier<TLabel>.Decode(ReadOnlySpan<byte> encoded, string? path)
    {
        byte[] pixels = new byte[InputSize.Bytes];
        Decode(encoded, path, pixels);
        return pixels;
    }

    /// <inheritdoc />
    Prediction<TLabel>[] IPixelClassifier<TLabel>.Classify(byte[] pixels, int count) => Classify(pixels, count);

    /// <summary>Runs the network.</summary>
    /// <param name="pixels">The RGB pixels of images of the input size, one after another.</param>
    /// <param name="count">How many images.</param>
    /// <returns>The logits of each image, one after another.</returns>
    internal abstract float[] ComputeLogits(byte[] pixels, int count);

    /// <summary>Runs the backbone.</summary>
    /// <param name="pixels">The RGB pixels of images of the input size, one after another.</param>
    /// <param name="count">How many images.</param>
    /// <returns>The global average of the backbone's output for each image.</returns>
    internal abstract float[][] ComputeFeatures(byte[] pixels, int count);

    /// <summary>Runs the network, on the mirrored images too where <see cref="Mirror"/> says so.</summary>
    /// <param name="pixels">The RGB pixels of images of the input size, one after another.</param>
    /// <param name="count">How many images.</param>
    /// <returns>The probabilities of each image, one after another.</returns>
    internal virtual double[] ComputeProbabilities(byte[] pixels, int count)
    {
        double[] probabilities = Probabilities.Compute(ComputeLogits, pixels, count, InputSize, AllLabels.Length, Mirror);
        Certainty.Apply(probabilities, AllLabels.Length);
        return probabilities;
    }

    private Prediction<TLabel>[] Classify(byte[] pixels, int count)
    {
        double[] probabilities = ComputeProbabilities(pixels, count);
        var predictions = new Prediction<TLabel>[count];
        for (int i = 0; i < count; i++) predictions[i] = Rank(Certainty, probabilities.AsSpan(i * AllLabels.Length, AllLabels.Length));
        return predictions;
    }

    private float[][] Features(byte[] pixels, int count) => ComputeFeatures(pixels, count);

    /// <summary>Decodes one of several images.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="pixels">Gets its pixels at the input's size.</param>
    private delegate void IndexedDecoder(int index, Span<byte> pixels);

    private IndexedDecoder DecodeFile(IReadOnlyList<string> paths) => (i, pixels) => Decode(Read(paths[i]), paths[i], pixels);

    private IndexedDecoder DecodeImage(IReadOnlyList<ReadOnlyMemory<byte>> encoded) => (i, pixels) =>
    {
        try
        {
            Decode(encoded[i].Span, null, pixels);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(FormattableString.Invariant($"Image {i}: {e.Message}"), e);
        }
    };

    /// <summary>Decodes any number of images and sends them through the network in batches.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="decode">Decodes one; several run side by side.</param>
    /// <param name="run">Gives one result for each image of a batch of pixels.</param>
    /// <param name="cancellationToken">Ends the work after the batch that runs.</param>
    private T[] InBatches<T>(int count, IndexedDecoder decode, Func<byte[], int, T[]> run, CancellationToken cancellationToken)
    {
        var results = new T[count];
        byte[] pixels = ArrayPool<byte>.Shared.Rent(Math.Min(count, _batchSize) * InputSize.Bytes);
        try
        {
            for (int start = 0; start < count; start += _batchSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int first = start, size = Math.Min(_batchSize, count - start);
                DecodeTogether(size, (i, target) => decode(first + i, target), pixels);
                run(pixels, size).CopyTo(results, start);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
        return results;
    }

    /// <summary>Decodes one image and sends it through the network.</summary>
    /// <param name="encoded">The image.</param>
    /// <param name="path">The file that it is from, which an error names, or null.</param>
    /// <param name="run">Gives one result for each image of a batch of pixels.</param>
    private T RunOne<T>(ReadOnlySpan<byte> encoded, string? path, Func<byte[], int, T[]> run)
    {
        byte[] pixels = ArrayPool<byte>.Shared.Rent(InputSize.Bytes);
        try
        {
            Decode(encoded, path, pixels.AsSpan(0, InputSize.Bytes));
            return run(pixels, 1)[0];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    /// <summary>Decodes images side by side, one after another into <paramref name="pixels"/>.</summary>
    private void DecodeTogether(int count, IndexedDecoder decode, byte[] pixels)
    {
        try
        {
            Parallel.For(0, count, i => decode(i, pixels.AsSpan(i * InputSize.Bytes, InputSize.Bytes)));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private void Decode(ReadOnlySpan<byte> encoded, string? path, Span<byte> pixels)
    {
        try
        {
            ImageDecoder.Decode(encoded, InputSize, pixels, ImageLimits, Resize);
        }
        catch (InvalidDataException e) when (path is not null)
        {
            throw Named(path, e);
        }
    }

    private ArraySegment<byte> Read(string path)
    {
        try
        {
            return EncodedImage.Read(path, ImageLimits);
        }
        catch (InvalidDataException e)
        {
            throw Named(path, e);
        }
    }

    private async Task<ArraySegment<byte>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await EncodedImage.ReadAsync(path, ImageLimits, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw Named(path, e);
        }
    }

    private static InvalidDataException Named(string path, InvalidDataException e) => new($"'{path}': {e.Message}", e);

    private static Prediction<TLabel> Rank(Certainty certainty, ReadOnlySpan<double> scores)
    {
        var labelled = new LabelScore<TLabel>[scores.Length];
        for (int i = 0; i < labelled.Length; i++) labelled[i] = new LabelScore<TLabel>(AllLabels[i], (float)scores[i]);
        return new Prediction<TLabel>(certainty, labelled);
    }
}
