using FineTune;
using FineTune.Images;
using SkiaSharp;

namespace Runtime.Tests;

public class BatchingClassifierTests
{
    [Fact]
    public async Task Every_way_in_gives_the_classifiers_answer()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        byte[] blue = Pictures.Plain(SKColors.Blue);
        string file = folder.Write("blue.png", blue);
        await using var batching = new BatchingClassifier<TinyLabel>(classifier, largestBatch: 2);

        Prediction<TinyLabel>[] answers =
        [
            batching.Predict(file), batching.Predict(blue), batching.Predict(new MemoryStream(blue)), batching.Predict([0, 0, 255], 1, 1),
            batching.Predict([file])[0], batching.Predict([blue.AsMemory()])[0],
            await batching.PredictAsync(file), await batching.PredictAsync(blue.AsMemory()), await batching.PredictAsync(new MemoryStream(blue)),
            (await batching.PredictAsync([file]))[0], (await batching.PredictAsync([blue.AsMemory()]))[0],
            (await batching.PredictFilesAsync([file]).SingleAsync()).Prediction!,
        ];

        Assert.All(answers, static answer => Assert.Equal(TinyLabel.Blue, answer.Label));
        Assert.Equal(classifier.Embed(blue), batching.Embed(blue));
        Assert.Equal(classifier.InputSize, batching.InputSize);
    }

    [Fact]
    public async Task After_its_end_it_refuses_to_batch()
    {
        using var classifier = new TinyClassifier();
        var batching = new BatchingClassifier<TinyLabel>(classifier);
        batching.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => batching.PredictAsync(Pictures.Plain(SKColors.Red).AsMemory()));
    }

    [Fact]
    public void Services_get_a_batching_classifier_unless_batches_are_of_one_image()
    {
        using var classifier = new TinyClassifier();

        using var batching = Assert.IsType<BatchingClassifier<TinyLabel>>(new ClassifierServiceOptions().Create(classifier));
        Assert.Same(classifier, new ClassifierServiceOptions { LargestBatch = 1 }.Create(classifier));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassifierServiceOptions { LargestBatch = 0 }.Create(classifier));
    }

    [Fact]
    public void A_classifier_that_a_test_wrote_cannot_be_batched()
    {
        Assert.Throws<ArgumentException>(() => new BatchingClassifier<TinyLabel>(new Fake()));
    }

    /// <summary>What a test of an application replaces a classifier with.</summary>
    private sealed class Fake : IImageClassifier<TinyLabel>
    {
        private static readonly Prediction<TinyLabel> Answer = new(
            new LabelScore<TinyLabel>(TinyLabel.Red, 0.2f), new LabelScore<TinyLabel>(TinyLabel.Green, 0.7f), new LabelScore<TinyLabel>(TinyLabel.Blue, 0.1f));

        public ImageSize InputSize => new(1, 1);

        public Prediction<TinyLabel> Predict(string path) => Answer;

        public Prediction<TinyLabel> Predict(Stream stream) => Answer;

        public Prediction<TinyLabel> Predict(ReadOnlySpan<byte> encoded) => Answer;

        public Prediction<TinyLabel> Predict(ReadOnlySpan<byte> pixels, int width, int height) => Answer;

        public IReadOnlyList<Prediction<TinyLabel>> Predict(IReadOnlyList<string> paths) => [.. paths.Select(static _ => Answer)];

        public IReadOnlyList<Prediction<TinyLabel>> Predict(IReadOnlyList<ReadOnlyMemory<byte>> encoded) => [.. encoded.Select(static _ => Answer)];

        public Task<Prediction<TinyLabel>> PredictAsync(string path, CancellationToken cancellationToken = default) => Task.FromResult(Answer);

        public Task<Prediction<TinyLabel>> PredictAsync(Stream stream, CancellationToken cancellationToken = default) => Task.FromResult(Answer);

        public Task<Prediction<TinyLabel>> PredictAsync(ReadOnlyMemory<byte> encoded, CancellationToken cancellationToken = default) => Task.FromResult(Answer);

        public Task<IReadOnlyList<Prediction<TinyLabel>>> PredictAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken = default) =>
            Task.FromResult(Predict(paths));

        public Task<IReadOnlyList<Prediction<TinyLabel>>> PredictAsync(
            IReadOnlyList<ReadOnlyMemory<byte>> encoded, CancellationToken cancellationToken = default) => Task.FromResult(Predict(encoded));

        public IAsyncEnumerable<FilePrediction<TinyLabel>> PredictFilesAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default) =>
            paths.Select(static path => new FilePrediction<TinyLabel>(path, Answer)).ToAsyncEnumerable();

        public float[] Embed(string path) => [1];

        public float[] Embed(Stream stream) => [1];

        public float[] Embed(ReadOnlySpan<byte> encoded) => [1];

        public IReadOnlyList<float[]> Embed(IReadOnlyList<string> paths) => [.. paths.Select(static _ => new float[] { 1 })];
    }

    [Fact]
    public void A_prediction_that_a_test_makes_is_ranked()
    {
        Prediction<TinyLabel> answer = new Fake().Predict("any");

        Assert.Equal(TinyLabel.Green, answer.Label);
        Assert.Equal([TinyLabel.Green, TinyLabel.Red, TinyLabel.Blue], answer.Ranking.Select(static s => s.Label));
        Assert.Throws<ArgumentException>(static () => new Prediction<TinyLabel>());
    }
}
