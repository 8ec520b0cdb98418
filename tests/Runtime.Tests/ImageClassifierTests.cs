using FineTune;
using SkiaSharp;
using TorchSharp;

namespace Runtime.Tests;

public class ImageClassifierTests
{
    private static readonly byte[] RedPicture = Pictures.Plain(SKColors.Red);

    [Fact]
    public void A_prediction_has_label_confidence_and_ranking()
    {
        using var classifier = new TinyClassifier();

        Prediction<TinyLabel> prediction = classifier.Predict(Pictures.Plain(new SKColor(51, 255, 102)));

        // Softmax of the channels' means 0.2, 1.0 and 0.4.
        double sum = Math.Exp(0.2) + Math.Exp(1) + Math.Exp(0.4);
        Assert.Equal(TinyLabel.Green, prediction.Label);
        Assert.Equal(Math.Exp(1) / sum, prediction.Confidence, 1e-6);
        Assert.Equal([TinyLabel.Green, TinyLabel.Blue], prediction.Top(2).Select(static s => s.Label));
        Assert.Equal(3, prediction.Top(9).Count);
        Assert.Equal(1, prediction.Ranking.Sum(static s => s.Score), 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(() => prediction.Top(0));
    }

    [Fact]
    public void Equal_scores_keep_the_order_of_the_classes()
    {
        using var classifier = new TinyClassifier();

        Prediction<TinyLabel> prediction = classifier.Predict(Pictures.Plain(SKColors.Gray));

        Assert.Equal([TinyLabel.Red, TinyLabel.Green, TinyLabel.Blue], prediction.Ranking.Select(static s => s.Label));
    }

    [Fact]
    public async Task Path_stream_bytes_batch_and_async_agree()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        string red = folder.Write("red.png", RedPicture);
        string blue = folder.Write("blue.jpg", Pictures.Plain(SKColors.Blue, format: SKEncodedImageFormat.Jpeg));

        Assert.Equal(TinyLabel.Red, classifier.Predict(red).Label);
        Assert.Equal(TinyLabel.Red, classifier.Predict(new MemoryStream(RedPicture)).Label);
        Assert.Equal(TinyLabel.Red, classifier.Predict(RedPicture).Label);
        Assert.Equal([TinyLabel.Red, TinyLabel.Blue], classifier.Predict([red, blue]).Select(static p => p.Label));
        Assert.Equal(TinyLabel.Blue, (await classifier.PredictAsync(blue)).Label);
        Assert.Equal(TinyLabel.Red, (await classifier.PredictAsync(new MemoryStream(RedPicture))).Label);
        Assert.Equal(TinyLabel.Red, (await classifier.PredictAsync(RedPicture.AsMemory())).Label);
        Assert.Empty(classifier.Predict(Array.Empty<string>()));
    }

    [Theory]
    [InlineData(20, 12)]
    [InlineData(5, 9)]
    public void Pixels_that_are_decoded_already_give_the_same_answer_as_their_file(int width, int height)
    {
        using var classifier = new TinyClassifier();
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        byte[] pixels = new byte[3 * width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (byte red, byte green, byte blue) = ((byte)(12 * x), (byte)(20 * y), (byte)(x * y));
                bitmap.SetPixel(x, y, new SKColor(red, green, blue));
                (pixels[3 * (y * width + x)], pixels[3 * (y * width + x) + 1], pixels[3 * (y * width + x) + 2]) = (red, green, blue);
            }
        }
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);

        Assert.Equal(classifier.Predict(png.AsSpan()).Ranking, classifier.Predict(pixels, width, height).Ranking);
        Assert.Throws<ArgumentException>(() => classifier.Predict(pixels, width, height + 1));
        Assert.Throws<InvalidDataException>(() => classifier.Predict([], 0, height));
    }

    [Fact]
    public void Applications_can_depend_on_the_interface_alone()
    {
        var services = new Dictionary<Type, object> { [typeof(IImageClassifier<TinyLabel>)] = new TinyClassifier() };
        var any = (IImageClassifier<TinyLabel>)services[typeof(IImageClassifier<TinyLabel>)];
        using var classifier = new TinyClassifier();

        Assert.Equal(classifier.Predict(RedPicture).Confidence, any.Predict(RedPicture).Confidence);
        Assert.Equal(classifier.Embed(RedPicture), any.Embed(RedPicture));
        Assert.Equal(new(8, 8), any.InputSize);
    }

    [Fact]
    public void More_files_than_one_pass_takes_are_classified_in_their_order()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        SKColor[] colors = [SKColors.Red, SKColors.Lime, SKColors.Blue];
        string[] paths = [.. colors.Select((color, i) => folder.Write($"{i}.png", Pictures.Plain(color)))];

        IReadOnlyList<Prediction<TinyLabel>> predictions = classifier.Predict([.. Enumerable.Range(0, 50).Select(i => paths[i % 3])]);

        Assert.Equal(Enumerable.Range(0, 50).Select(static i => (TinyLabel)(i % 3)), predictions.Select(static p => p.Label));
    }

    [Fact]
    public async Task A_file_that_is_no_image_is_named()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        string path = folder.Write("text.jpg", "no image"u8.ToArray());

        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => classifier.Predict(path)).Message, StringComparison.Ordinal);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => classifier.Predict([path])).Message, StringComparison.Ordinal);
        Assert.Contains(path, (await Assert.ThrowsAsync<InvalidDataException>(() => classifier.PredictAsync(path))).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => classifier.Predict(path + ".none"));
        Assert.Throws<FileNotFoundException>(() => classifier.Predict([path + ".none"]));
    }

    [Fact]
    public void Features_are_the_global_average_of_the_backbones_output()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        byte[] picture = Pictures.Plain(new SKColor(51, 255, 102));
        string path = folder.Write("green.png", picture), red = folder.Write("red.png", RedPicture);

        foreach (float[] features in (float[][])[classifier.Embed(path), classifier.Embed(picture), classifier.Embed(new MemoryStream(picture)), classifier.Embed([red, path])[1]])
        {
            Assert.Equal([0.2f, 1.0f, 0.4f], features.Select(static x => MathF.Round(x, 6)));
        }
        Assert.Empty(classifier.Embed(Array.Empty<string>()));
        Assert.Contains("none.png", Assert.Throws<FileNotFoundException>(() => classifier.Embed("none.png")).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => classifier.Embed("text"u8));
    }

    [Fact]
    public void Features_are_taken_before_the_head()
    {
        using var classifier = new HeadedClassifier();

        Assert.Equal([0.5f, 0.25f, 0f], classifier.Embed(Pictures.Plain(new SKColor(255, 0, 0))).Select(static x => MathF.Round(x, 6)));
        Assert.Equal(TinyLabel.Blue, classifier.Predict(RedPicture).Label);
    }

    [Fact]
    public void Several_threads_predict_at_once()
    {
        using var classifier = new TinyClassifier();
        (SKColor Color, TinyLabel Label)[] cases = [(SKColors.Red, TinyLabel.Red), (SKColors.Lime, TinyLabel.Green), (SKColors.Blue, TinyLabel.Blue)];
        byte[][] pictures = [.. cases.Select(static c => Pictures.Plain(c.Color))];

        Parallel.For(0, 600, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(cases[i % 3].Label, classifier.Predict(pictures[i % 3]).Label));
    }

    [Fact]
    public void Weights_are_saved_and_loaded_to_the_bit()
    {
        using var folder = new TemporaryFolder();
        using var first = new TinyClassifier();
        using (torch.no_grad()) first.Conv.weight.normal_(0, 1);
        string path = Path.Combine(folder.Path, "tiny.safetensors");
        first.Save(path);
        using var second = new TinyClassifier();

        second.Fill(path);

        Assert.Equal(first.Conv.weight.data<float>().ToArray(), second.Conv.weight.data<float>().ToArray());
        Assert.Equal("features.0.weight", Assert.Single(first.Weights()).Key);
    }

    [Fact]
    public void An_assembly_without_weights_says_how_to_train_them()
    {
        using var classifier = new TinyClassifier();

        Assert.Contains("-p:TrainModel=true", Assert.Throws<InvalidOperationException>(classifier.FillFromResource).Message, StringComparison.Ordinal);
    }
}
