using FineTune;
using SkiaSharp;

namespace Runtime.Tests;

public class PredictionBatcherTests
{
    private static readonly byte[][] Encoded = [Pictures.Plain(SKColors.Red), Pictures.Plain(SKColors.Lime), Pictures.Plain(SKColors.Blue)];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(16, 0)]
    [InlineData(16, 20)]
    public async Task Every_caller_gets_the_answer_to_its_own_image(int largestBatch, int delay)
    {
        using var classifier = new TinyClassifier();
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier, largestBatch, TimeSpan.FromMilliseconds(delay));

        Task<Prediction<TinyLabel>>[] answers =
            [.. Enumerable.Range(0, 60).Select(i => Task.Run(() => batcher.PredictAsync(Encoded[i % 3], TestContext.Current.CancellationToken)))];
        Prediction<TinyLabel>[] predictions = await Task.WhenAll(answers);

        for (int i = 0; i < predictions.Length; i++)
        {
            Prediction<TinyLabel> alone = classifier.Predict(Encoded[i % 3]);
            Assert.Equal((TinyLabel)(i % 3), predictions[i].Label);
            Assert.Equal(alone.Confidence, predictions[i].Confidence, 1e-6);
        }
    }

    [Fact]
    public async Task What_is_no_image_fails_for_its_caller_alone()
    {
        using var classifier = new TinyClassifier();
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier, 4, TimeSpan.FromMilliseconds(20));

        Task<Prediction<TinyLabel>> good = batcher.PredictAsync(Encoded[1], TestContext.Current.CancellationToken);
        Assert.Throws<InvalidDataException>(() => { _ = batcher.PredictAsync("no image"u8, TestContext.Current.CancellationToken); });

        Assert.Equal(TinyLabel.Green, (await good).Label);
    }

    [Fact]
    public async Task A_file_that_is_no_image_is_named()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier);
        string path = folder.Write("text.jpg", "no image"u8.ToArray());

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => batcher.PredictAsync(path, TestContext.Current.CancellationToken));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_caller_gets_no_answer_and_the_others_do()
    {
        using var classifier = new TinyClassifier();
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier, 3, TimeSpan.FromMinutes(1));
        using var cancellation = new CancellationTokenSource();

        Task<Prediction<TinyLabel>> cancelled = batcher.PredictAsync(Encoded[0], cancellation.Token);
        Task<Prediction<TinyLabel>> second = batcher.PredictAsync(Encoded[1], TestContext.Current.CancellationToken);
        await cancellation.CancelAsync();
        Task<Prediction<TinyLabel>> third = batcher.PredictAsync(Encoded[2], TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(TinyLabel.Green, (await second).Label);
        Assert.Equal(TinyLabel.Blue, (await third).Label);
    }

    [Fact]
    public async Task Disposing_serves_what_was_asked_for_and_refuses_the_rest()
    {
        using var classifier = new TinyClassifier();
        var batcher = new PredictionBatcher<TinyLabel>(classifier, 16, TimeSpan.FromMinutes(1));
        Task<Prediction<TinyLabel>> waiting = batcher.PredictAsync(Encoded[2], TestContext.Current.CancellationToken);

        await batcher.DisposeAsync();

        Assert.Equal(TinyLabel.Blue, (await waiting).Label);
        Assert.Throws<ObjectDisposedException>(() => { _ = batcher.PredictAsync(Encoded[2], TestContext.Current.CancellationToken); });
    }

    [Fact]
    public async Task Beyond_the_capacity_callers_wait_before_their_image_is_decoded()
    {
        using var gate = new ManualResetEventSlim();
        using var classifier = new TinyClassifier { Describing = gate.Wait };
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier, 1, TimeSpan.Zero, capacity: 1);
        Task<Prediction<TinyLabel>> first = batcher.PredictAsync(Encoded[0], TestContext.Current.CancellationToken);

        // Were it decoded now, this would throw.
        Task<Prediction<TinyLabel>> second = batcher.PredictAsync("no image"u8, TestContext.Current.CancellationToken);
        Task<Prediction<TinyLabel>> third = batcher.PredictAsync(Encoded[2], TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        gate.Set();

        Assert.Equal(TinyLabel.Red, (await first).Label);
        await Assert.ThrowsAsync<InvalidDataException>(() => second);
        Assert.Equal(TinyLabel.Blue, (await third).Label);
    }

    [Fact]
    public async Task A_cancelled_caller_is_told_at_once_whatever_it_waits_for()
    {
        using var gate = new ManualResetEventSlim();
        using var classifier = new TinyClassifier { Describing = gate.Wait };
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier, 1, TimeSpan.Zero, capacity: 1);
        using var cancellation = new CancellationTokenSource();
        Task<Prediction<TinyLabel>> inPass = batcher.PredictAsync(Encoded[0], cancellation.Token);
        Task<Prediction<TinyLabel>> forRoom = batcher.PredictAsync(Encoded[1], cancellation.Token);

        await cancellation.CancelAsync();

        // The pass ends only when the gate opens.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => inPass);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forRoom);
        gate.Set();
    }

    [Fact]
    public async Task A_fault_of_the_batcher_itself_is_told_to_who_waits_and_to_who_comes_later()
    {
        using var classifier = new TinyClassifier();
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier, 16, TimeSpan.FromMinutes(1), capacity: null, new BrokenTime());

        Task<Prediction<TinyLabel>> waiting = batcher.PredictAsync(Encoded[0], TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => waiting);
        Assert.IsType<NotSupportedException>(error.InnerException);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await batcher.PredictAsync(Encoded[0].AsSpan(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Numbers_out_of_their_range_are_refused()
    {
        using var classifier = new TinyClassifier();

        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new PredictionBatcher<TinyLabel>(classifier, 0); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new PredictionBatcher<TinyLabel>(classifier, int.MaxValue); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new PredictionBatcher<TinyLabel>(classifier, 16, TimeSpan.FromDays(50)); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new PredictionBatcher<TinyLabel>(classifier, 16, TimeSpan.FromTicks(-1)); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new PredictionBatcher<TinyLabel>(classifier, 16, null, capacity: 15); });
    }

    /// <summary>A clock without timers.</summary>
    private sealed class BrokenTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            throw new NotSupportedException("no timers");
    }
}
