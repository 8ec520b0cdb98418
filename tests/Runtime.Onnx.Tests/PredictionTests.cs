using FineTune;
using SkiaSharp;

namespace Runtime.Onnx.Tests;

public class PredictionTests
{
    private static readonly byte[] Mixed = Pictures.Plain(new SKColor(51, 255, 102));

    [Fact]
    public void A_prediction_has_the_probabilities_of_the_model()
    {
        using TinyClassifier classifier = TinyClassifier.Create();

        Prediction<TinyLabel> prediction = classifier.Predict(Mixed);

        // Softmax of the channels' means 0.2, 1.0 and 0.4.
        double sum = Math.Exp(0.2) + Math.Exp(1) + Math.Exp(0.4);
        Assert.Equal([TinyLabel.Green, TinyLabel.Blue, TinyLabel.Red], prediction.Ranking.Select(static s => s.Label));
        Assert.Equal(Math.Exp(1) / sum, prediction.Confidence, 1e-6);
    }

    [Fact]
    public void The_metadata_say_which_answers_are_certain_and_the_probabilities_stay_those_of_the_model()
    {
        using var folder = new TemporaryFolder();
        using TinyClassifier plain = TinyClassifier.Create(), classifier = new TinyClassifier();
        float confidence = plain.Predict(Mixed).Confidence;
        foreach ((double threshold, bool isCertain) in (ReadOnlySpan<(double, bool)>)[(confidence - 0.01, true), (confidence + 0.01, false)])
        {
            var metadata = new Dictionary<string, string>
            {
                ["finetune.temperature"] = "2",
                ["finetune.threshold"] = threshold.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
                ["finetune.true_probabilities"] = "4: 0.9 0.8 0.5 0.1",
            };
            classifier.Fill(folder.Write("tiny.onnx", new TinyModel { Metadata = metadata }.ToBytes()));
            Prediction<TinyLabel> prediction = classifier.Predict(Mixed);

            Assert.Equal(confidence, prediction.Confidence);
            Assert.Equal(isCertain, prediction.IsCertain);
            Assert.Equal(threshold, classifier.Certainty.Threshold);
            Assert.Equal(3, prediction.Set(0.8).Count);
        }
        Assert.True(plain.Predict(Mixed).IsCertain);
    }

    [Fact]
    public void Features_are_those_of_the_model()
    {
        using TinyClassifier classifier = TinyClassifier.Create();

        float[] features = classifier.Embed(Mixed);

        Assert.Equal(3, features.Length);
        Assert.Equal(0.2, features[0], 1e-6);
        Assert.Equal(1, features[1], 1e-6);
        Assert.Equal(0.4, features[2], 1e-6);
    }

    [Fact]
    public void Pixels_are_prepared_as_the_class_says()
    {
        using var folder = new TemporaryFolder();
        using var classifier = new TinyClassifier(transform: new(true, 1 / 255.0, [0.5, 0.25, 0], [1, 0.5, 2]));
        classifier.Fill(folder.Write("tiny.onnx", new TinyModel().ToBytes()));

        // Blue first: (0.4 - 0.5) / 1, (1.0 - 0.25) / 0.5 and (0.2 - 0) / 2.
        float[] features = classifier.Embed(Mixed);
        Assert.Equal(-0.1, features[0], 1e-6);
        Assert.Equal(1.5, features[1], 1e-6);
        Assert.Equal(0.1, features[2], 1e-6);
    }

    [Fact]
    public async Task Every_way_in_gives_the_same_answer()
    {
        using TinyClassifier classifier = TinyClassifier.Create();
        using var folder = new TemporaryFolder();
        string[] files = [.. Enumerable.Range(0, 19).Select(i => folder.Write($"{i}.png", Pictures.Plain(i % 2 == 0 ? SKColors.Red : SKColors.Blue)))];
        TinyLabel[] expected = [.. Enumerable.Range(0, 19).Select(static i => i % 2 == 0 ? TinyLabel.Red : TinyLabel.Blue)];

        Assert.Equal(expected, classifier.Predict(files).Select(static p => p.Label));
        Assert.Equal(expected, classifier.Embed(files).Select(static f => (TinyLabel)Array.IndexOf(f, f.Max())));
        Assert.Equal(TinyLabel.Blue, classifier.Predict(files[1]).Label);
        Assert.Equal(TinyLabel.Red, (await classifier.PredictAsync(files[0])).Label);
        Assert.Equal(TinyLabel.Green, (await classifier.PredictAsync(Mixed.AsMemory())).Label);
        Assert.Equal(TinyLabel.Green, (await classifier.PredictAsync(new MemoryStream(Mixed))).Label);
        Assert.Equal(TinyLabel.Blue, classifier.Predict([0, 0, 255, 0, 0, 255], 2, 1).Label);
        await using var batcher = new PredictionBatcher<TinyLabel>(classifier, largestBatch: 4);
        Prediction<TinyLabel>[] batched = await Task.WhenAll(files.Select(file => batcher.PredictAsync(file)));
        Assert.Equal(expected, batched.Select(static p => p.Label));
    }

    [Fact]
    public void Predictions_that_run_while_the_classifier_is_disposed_of_end_as_usual_or_say_so()
    {
        for (int round = 0; round < 20; round++)
        {
            TinyClassifier classifier = TinyClassifier.Create();
            using var begun = new CountdownEvent(4);
            Task<int>[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                begun.Signal();
                for (int answers = 0; ; answers++)
                {
                    try
                    {
                        Assert.Equal(TinyLabel.Green, classifier.Predict(Mixed).Label);
                    }
                    catch (ObjectDisposedException)
                    {
                        return answers;
                    }
                }
            }))];
            begun.Wait();
            classifier.Dispose();
            classifier.Dispose();

            Assert.All(callers, static caller => Assert.True(caller.GetAwaiter().GetResult() >= 0));
        }
    }
}
