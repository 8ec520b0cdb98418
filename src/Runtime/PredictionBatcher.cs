using System.Diagnostics;
using System.Threading.Channels;

namespace FineTune;

/// <summary>
/// Serves many callers at once: images that arrive within a short time go through the network together, which costs less than one
/// after another. An image waits at most for the pass before it and the delay that is allowed.
/// </summary>
/// <typeparam name="TLabel">The label enum of the classifier.</typeparam>
public sealed class PredictionBatcher<TLabel> : IAsyncDisposable
    where TLabel : struct, Enum
{
    private readonly ImageClassifier<TLabel> _classifier;
    private readonly int _largestBatch;
    private readonly TimeSpan _longestDelay;
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _work;

    /// <summary>Begins to serve.</summary>
    /// <param name="classifier">The classifier, which stays the caller's and must outlive this.</param>
    /// <param name="largestBatch">The most images of one pass, at least 1.</param>
    /// <param name="longestDelay">How long an image may wait for others while the network is idle; 5 ms by default.</param>
    public PredictionBatcher(ImageClassifier<TLabel> classifier, int largestBatch = 16, TimeSpan? longestDelay = null)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentOutOfRangeException.ThrowIfLessThan(largestBatch, 1);
        _classifier = classifier;
        _largestBatch = largestBatch;
        _longestDelay = longestDelay ?? TimeSpan.FromMilliseconds(5);
        ArgumentOutOfRangeException.ThrowIfLessThan(_longestDelay, TimeSpan.Zero, nameof(longestDelay));
        _work = Task.Run(WorkAsync);
    }

    /// <summary>Classifies an encoded image. It is decoded by the caller's thread.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an image, or one beyond the classifier's limits.</exception>
    /// <exception cref="ObjectDisposedException">This serves no more.</exception>
    public Task<Prediction<TLabel>> PredictAsync(ReadOnlySpan<byte> encoded, CancellationToken cancellationToken = default) =>
        PredictAsync(encoded, null, cancellationToken);

    /// <summary>Classifies the image in a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, or beyond the classifier's limits; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">This serves no more.</exception>
    public async Task<Prediction<TLabel>> PredictAsync(string path, CancellationToken cancellationToken = default)
    {
        ArraySegment<byte> encoded = await _classifier.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => PredictAsync(encoded, path, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Serves what has been asked for, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _work.ConfigureAwait(false);
    }

    private Task<Prediction<TLabel>> PredictAsync(ReadOnlySpan<byte> encoded, string? path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new Request(_classifier.Decode(encoded, path), Stopwatch.GetTimestamp(), cancellationToken);
        ObjectDisposedException.ThrowIf(!_requests.Writer.TryWrite(request), this);
        return request.Result.Task;
    }

    private async Task WorkAsync()
    {
        List<Request> batch = new(_largestBatch);
        while (await _requests.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await GatherAsync(batch).ConfigureAwait(false);
            batch.RemoveAll(static request => request.Cancellation.IsCancellationRequested && request.Result.TrySetCanceled(request.Cancellation));
            Answer(batch);
            batch.Clear();
        }
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
            TimeSpan left = _longestDelay - Stopwatch.GetElapsedTime(batch[0].Arrival);
            if (left <= TimeSpan.Zero) return;
            using var timeout = new CancellationTokenSource(left);
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

    private void Answer(List<Request> batch)
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

    private sealed record Request(byte[] Pixels, long Arrival, CancellationToken Cancellation)
    {
        public TaskCompletionSource<Prediction<TLabel>> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
