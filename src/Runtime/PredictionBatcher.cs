using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace FineTune;

/// <summary>
/// Serves many callers at once: images that arrive within a short time go through the network together, which costs less than one
/// after another. An image waits at most for the pass before it and the delay that is allowed. Under more load than the network can
/// bear, callers wait before their image is decoded, so that memory stays bounded.
/// </summary>
/// <typeparam name="TLabel">The label enum of the classifier.</typeparam>
public sealed class PredictionBatcher<TLabel> : IAsyncDisposable
    where TLabel : struct, Enum
{
    private const int LargestBatchEver = 4096;

    private static readonly TimeSpan LongestDelayEver = TimeSpan.FromHours(1);

    private readonly IPixelClassifier<TLabel> _classifier;
    private readonly int _largestBatch;
    private readonly TimeSpan _longestDelay;
    private readonly TimeProvider _time;

    // Its length is that of the room: who writes has taken a place.
    private readonly Channel<Request> _requests;
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _work;
    private Exception? _fault;

    /// <summary>Begins to serve.</summary>
    /// <param name="classifier">A generated classifier of any engine, which stays the caller's and must outlive this.</param>
    /// <param name="largestBatch">The most images of one pass, 1 to 4,096.</param>
    /// <param name="longestDelay">How long an image may wait for others while the network is idle, up to an hour; 5 ms by default.</param>
    /// <param name="capacity">
    /// The most decoded images in memory, those of the pass that runs included: at least <paramref name="largestBatch"/>, and eight
    /// times as many by default. Further callers wait until there is room.
    /// </param>
    /// <exception cref="ArgumentException">The classifier is not a generated one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public PredictionBatcher(IImageClassifier<TLabel> classifier, int largestBatch = 16, TimeSpan? longestDelay = null, int? capacity = null)
        : this(classifier, largestBatch, longestDelay, capacity, TimeProvider.System)
    {
    }

    internal PredictionBatcher(IImageClassifier<TLabel> classifier, int largestBatch, TimeSpan? longestDelay, int? capacity, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentOutOfRangeException.ThrowIfLessThan(largestBatch, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(largestBatch, LargestBatchEver);
        _classifier = classifier as IPixelClassifier<TLabel>
            ?? throw new ArgumentException($"{classifier.GetType().Name} is not a generated classifier.", nameof(classifier));
        _largestBatch = largestBatch;
        _longestDelay = longestDelay ?? TimeSpan.FromMilliseconds(5);
        ArgumentOutOfRangeException.ThrowIfLessThan(_longestDelay, TimeSpan.Zero, nameof(longestDelay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_longestDelay, LongestDelayEver, nameof(longestDelay));
        int places = capacity ?? 8 * largestBatch;
        ArgumentOutOfRangeException.ThrowIfLessThan(places, largestBatch, nameof(capacity));
        _time = time;
        _room = new SemaphoreSlim(places, places);
        _requests = Channel.CreateBounded<Request>(new BoundedChannelOptions(places) { SingleReader = true });
        _work = Task.Run(WorkAsync);
    }

    /// <summary>
    /// Classifies an encoded image. It is decoded by the caller's thread, or, where the capacity is reached, copied and decoded when
    /// there is room.
    /// </summary>
    /// <param name="encoded">The file's content.</param>
    /// <param name="cancellationToken">Ends the waiting at once.</param>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond the classifier's limits.</exception>
    /// <exception cref="ObjectDisposedException">The batcher was disposed.</exception>
    /// <exception cref="InvalidOperationException">Serving has failed; the inner exception says why.</exception>
    public Task<Prediction<TLabel>> PredictAsync(ReadOnlySpan<byte> encoded, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_ended.IsCancellationRequested) ThrowEnded();
        return _room.Wait(0, CancellationToken.None)
            ? Enqueue(encoded, null, cancellationToken)
            : WaitAndEnqueueAsync(encoded.ToArray(), cancellationToken);
    }

    /// <summary>Classifies the image in a file.</summary>
    /// <param name="path">The file, which is read when there is room for it.</param>
    /// <param name="cancellationToken">Ends the waiting at once.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or beyond the classifier's limits; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The batcher was disposed.</exception>
    /// <exception cref="InvalidOperationException">Serving has failed; the inner exception says why.</exception>
    public async Task<Prediction<TLabel>> PredictAsync(string path, CancellationToken cancellationToken = default)
    {
        await TakeRoomAsync(cancellationToken).ConfigureAwait(false);
        ArraySegment<byte> encoded;
        try
        {
            encoded = await _classifier.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _room.Release();
            throw;
        }
        return await Task.Run(() => Enqueue(encoded, path, cancellationToken), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Serves the images that are decoded, then ends. Callers that still wait for room get an <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _ended.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
    }

    private async Task<Prediction<TLabel>> WaitAndEnqueueAsync(byte[] encoded, CancellationToken cancellationToken)
    {
        await TakeRoomAsync(cancellationToken).ConfigureAwait(false);
        return await Enqueue(encoded, null, cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeRoomAsync(CancellationToken cancellationToken)
    {
        if (_ended.IsCancellationRequested) ThrowEnded();
        if (_room.Wait(0, CancellationToken.None)) return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        try
        {
            await _room.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            ThrowEnded();
        }
    }

    /// <summary>Decodes an image in the place that the caller has taken, which is given back with the answer.</summary>
    private Task<Prediction<TLabel>> Enqueue(ReadOnlySpan<byte> encoded, string? path, CancellationToken cancellationToken)
    {
        Request? request = null;
        try
        {
            request = new Request(_classifier.Decode(encoded, path), _time.GetTimestamp(), cancellationToken);
            if (!_requests.Writer.TryWrite(request)) ThrowEnded();
            return request.Result.Task;
        }
        catch
        {
            request?.Dispose();
            _room.Release();
            throw;
        }
    }

    [DoesNotReturn]
    private void ThrowEnded()
    {
        if (Volatile.Read(ref _fault) is { } fault) throw new InvalidOperationException("Serving has failed: " + fault.Message, fault);
        throw new ObjectDisposedException(GetType().FullName);
    }

    private async Task WorkAsync()
    {
        List<Request> batch = new(_largestBatch);
        try
        {
            while (await _requests.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                await GatherAsync(batch).ConfigureAwait(false);
                Answer([.. batch.Where(static request => !request.Result.Task.IsCompleted)]);
                Release(batch);
            }
        }
        catch (Exception e)
        {
            // Nobody is left waiting: who has asked is told, and so is who asks from now on.
            Volatile.Write(ref _fault, e);
            _requests.Writer.TryComplete();
            await _ended.CancelAsync().ConfigureAwait(false);
            while (_requests.Reader.TryRead(out Request? request)) batch.Add(request);
            var failure = new InvalidOperationException("Serving has failed: " + e.Message, e);
            foreach (Request request in batch) request.Result.TrySetException(failure);
            Release(batch);
        }
    }

    /// <summary>Gives back the places of requests that are done with.</summary>
    private void Release(List<Request> batch)
    {
        foreach (Request request in batch) request.Dispose();
        if (batch.Count > 0) _room.Release(batch.Count);
        batch.Clear();
    }

    /// <summary>Takes what is there, and waits for more as long as the first may wait.</summary>
    private async Task GatherAsync(List<Request> batch)
    {
        while (batch.Count < _largestBatch)
        {
            if (_requests.Reader.TryRead(out Request? next))
            {
                batch.Add(next);
                continue;
            }
            if (batch.Count == 0) return;
            TimeSpan left = _longestDelay - _time.GetElapsedTime(batch[0].Arrival);
            if (left <= TimeSpan.Zero) return;
            using var timeout = new CancellationTokenSource(left, _time);
            try
            {
                if (!await _requests.Reader.WaitToReadAsync(timeout.Token).ConfigureAwait(false)) return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Answer(IReadOnlyList<Request> batch)
    {
        if (batch.Count == 0) return;
        try
        {
            int bytes = _classifier.InputSize.Bytes;
            byte[] pixels = new byte[batch.Count * bytes];
            for (int i = 0; i < batch.Count; i++) batch[i].Pixels.CopyTo(pixels, i * bytes);
            Prediction<TLabel>[] predictions = _classifier.Classify(pixels, batch.Count);
            for (int i = 0; i < batch.Count; i++) batch[i].Result.TrySetResult(predictions[i]);
        }
        catch (Exception e)
        {
            // Whoever asked is told; the next batch may do better.
            foreach (Request request in batch) request.Result.TrySetException(e);
        }
    }

    /// <summary>An image that waits for its answer. A caller that cancels has its answer at once, whatever the network is doing.</summary>
    private sealed class Request : IDisposable
    {
        private readonly CancellationTokenRegistration _cancellation;

        public Request(byte[] pixels, long arrival, CancellationToken cancellation)
        {
            Pixels = pixels;
            Arrival = arrival;
            _cancellation = cancellation.UnsafeRegister(
                static (result, token) => ((TaskCompletionSource<Prediction<TLabel>>)result!).TrySetCanceled(token), Result);
        }

        public byte[] Pixels { get; }

        public long Arrival { get; }

        public TaskCompletionSource<Prediction<TLabel>> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => _cancellation.Dispose();
    }
}
