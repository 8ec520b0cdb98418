using FineTune;
using SkiaSharp;

namespace Runtime.Tests;

public class PredictFilesTests
{
    private static readonly SKColor[] Colors = [SKColors.Red, SKColors.Lime, SKColors.Blue];

    [Fact]
    public async Task Every_file_gets_its_answer_in_order()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        string[] files = [.. Enumerable.Range(0, 50).Select(i => folder.Write($"{i}.png", Pictures.Plain(Colors[i % 3])))];

        List<FilePrediction<TinyLabel>> answers = await classifier.PredictFilesAsync(files).ToListAsync();

        Assert.Equal(files, answers.Select(static a => a.Path));
        Assert.Equal(Enumerable.Range(0, 50).Select(static i => (TinyLabel)(i % 3)), answers.Select(static a => a.Prediction!.Label));
    }

    [Fact]
    public async Task A_file_that_cannot_be_classified_does_not_end_the_others()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        string good = folder.Write("good.png", Pictures.Plain(SKColors.Blue)), broken = folder.Write("broken.jpg", [1, 2, 3]);
        string missing = Path.Combine(folder.Path, "missing.png");

        List<FilePrediction<TinyLabel>> answers = await classifier.PredictFilesAsync([broken, good, missing, good]).ToListAsync();

        Assert.Equal([false, true, false, true], answers.Select(static a => a.Succeeded));
        Assert.Contains(broken, Assert.IsType<InvalidDataException>(answers[0].Error).Message, StringComparison.Ordinal);
        Assert.IsType<FileNotFoundException>(answers[2].Error);
        Assert.Equal(TinyLabel.Blue, answers[3].Prediction!.Label);
    }

    [Fact]
    public async Task Files_are_taken_at_most_two_batches_ahead()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        string file = folder.Write("red.png", Pictures.Plain(SKColors.Red));
        int taken = 0, answered = 0;

        await foreach (FilePrediction<TinyLabel> _ in classifier.PredictFilesAsync(Endless()))
        {
            answered++;
            Assert.InRange(taken - answered, 0, 2 * 16);
            if (answered == 100) break;
        }

        IEnumerable<string> Endless()
        {
            for (; ; taken++) yield return file;
        }
    }

    [Fact]
    public async Task A_cancellation_ends_the_enumeration()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        string file = folder.Write("red.png", Pictures.Plain(SKColors.Red));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (FilePrediction<TinyLabel> _ in classifier.PredictFilesAsync(Enumerable.Repeat(file, 100_000), cancellation.Token)) await cancellation.CancelAsync();
        });
    }

    [Fact]
    public async Task Batches_of_bytes_and_of_paths_agree()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        byte[][] images = [.. Enumerable.Range(0, 20).Select(static i => Pictures.Plain(Colors[i % 3]))];
        ReadOnlyMemory<byte>[] encoded = [.. images.Select(static image => (ReadOnlyMemory<byte>)image)];
        string[] files = [.. images.Select((image, i) => folder.Write($"{i}.png", image))];
        TinyLabel[] expected = [.. Enumerable.Range(0, 20).Select(static i => (TinyLabel)(i % 3))];

        Assert.Equal(expected, classifier.Predict(encoded).Select(static p => p.Label));
        Assert.Equal(expected, (await classifier.PredictAsync(encoded)).Select(static p => p.Label));
        Assert.Equal(expected, (await classifier.PredictAsync(files)).Select(static p => p.Label));
        encoded[17] = new byte[] { 1 };
        Assert.StartsWith("Image 17: ", Assert.Throws<InvalidDataException>(() => classifier.Predict(encoded)).Message, StringComparison.Ordinal);
    }
}
