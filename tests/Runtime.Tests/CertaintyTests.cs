using FineTune;
using FineTune.Inference;
using FineTune.Weights;

namespace Runtime.Tests;

public class CertaintyTests
{
    private static readonly Certainty Example = new()
    {
        Temperature = 1.75,
        Accept = 0.95,
        Threshold = 0.6125,
        TrueLabels = TrueProbabilities.Of([0.9f, 0.25f, 0.5f, 0.8f]),
    };

    [Fact]
    public void What_is_written_into_metadata_is_read_from_it()
    {
        Assert.Equal(Example, Certainty.Read(Example.ToMetadata()));
        Assert.All(Example.ToMetadata().Keys, static key => Assert.True(Certainty.IsKey(key)));
        Certainty none = Example with { Threshold = double.PositiveInfinity };
        Assert.Equal(none, Certainty.Read(none.ToMetadata()));
        Assert.Empty(Certainty.None.ToMetadata());
        Assert.Equal(Certainty.None, Certainty.Read(new Dictionary<string, string> { ["finetune.meaning"] = "sha256:0" }));
    }

    [Theory]
    [InlineData("finetune.temperature", "0")]
    [InlineData("finetune.temperature", "warm")]
    [InlineData("finetune.threshold", "1.5")]
    [InlineData("finetune.accept", "NaN")]
    [InlineData("finetune.true_probabilities", "3: 0.9 0.8")]
    [InlineData("finetune.true_probabilities", "2: 0.8 0.9")]
    [InlineData("finetune.true_probabilities", "0: ")]
    [InlineData("finetune.true_probabilities", "2: 0.8 -1")]
    public void Damaged_metadata_is_refused_by_its_key(string key, string value)
    {
        var metadata = new Dictionary<string, string>(Example.ToMetadata(), StringComparer.Ordinal) { [key] = value };

        Assert.Contains($"'{key}'", Assert.Throws<InvalidDataException>(() => Certainty.Read(metadata)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_temperature_gives_the_softmax_of_the_divided_logits()
    {
        float[] logits = [3, -1, 0.5f, 200, 0, -300];
        double[] probabilities = Softmax.Compute(logits, 3);

        (Example with { Temperature = 2.5 }).Apply(probabilities, 3);

        double[] wanted = Softmax.Compute([.. logits.Select(static logit => logit / 2.5f)], 3);
        for (int i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], probabilities[i], 1e-7);
    }

    [Fact]
    public void An_answer_is_certain_from_the_threshold_on()
    {
        Prediction<TinyLabel> above = Predict(Example, 0.62f), below = Predict(Example, 0.61f);

        Assert.True(above.IsCertain);
        Assert.Equal(TinyLabel.Green, above.LabelOrNull);
        Assert.False(below.IsCertain);
        Assert.Equal(TinyLabel.Green, below.Label);
        Assert.Null(below.LabelOrNull);
        Assert.False(Predict(Example with { Threshold = double.PositiveInfinity }, 1).IsCertain);
        Assert.True(Predict(Certainty.None, 0.34f).IsCertain);
    }

    [Fact]
    public void A_prediction_that_a_test_makes_is_certain_unless_it_says_otherwise()
    {
        Assert.True(new Prediction<TinyLabel>(new LabelScore<TinyLabel>(TinyLabel.Red, 0.4f)).IsCertain);
        Assert.Null(new Prediction<TinyLabel>(new LabelScore<TinyLabel>(TinyLabel.Red, 0.4f)) { IsCertain = false }.LabelOrNull);
    }

    [Fact]
    public void A_set_has_the_labels_that_are_as_probable_as_the_true_ones_were_and_at_least_one()
    {
        // Of 4 images, a coverage of 0.6 takes the third rank of ⌈5 × 0.6⌉: 0.5; 0.9 takes all labels.
        var prediction = new Prediction<TinyLabel>(Example, new(TinyLabel.Red, 0.12f), new(TinyLabel.Green, 0.36f), new(TinyLabel.Blue, 0.52f));

        Assert.Equal([TinyLabel.Blue], prediction.Set(0.6).Select(static score => score.Label));
        Assert.Equal([TinyLabel.Blue, TinyLabel.Green], prediction.Set(0.8).Select(static score => score.Label));
        Assert.Equal(3, prediction.Set(0.9).Count);
        Assert.Equal([TinyLabel.Blue], prediction.Set(0.1).Select(static score => score.Label));
    }

    [Fact]
    public void There_are_no_sets_without_validation_images_or_of_an_impossible_coverage()
    {
        Assert.Contains("calibrate = true", Assert.Throws<InvalidOperationException>(() => Predict(Certainty.None, 0.9f).Set(0.9)).Message, StringComparison.Ordinal);
        foreach (double coverage in (double[])[0, 1, double.NaN, 95]) Assert.Throws<ArgumentOutOfRangeException>(() => Predict(Example, 0.9f).Set(coverage));
    }

    [Theory]
    [InlineData(99, 0.9)]
    [InlineData(200, 0.95)]
    [InlineData(5000, 0.8)]
    public void Sets_have_the_true_label_as_often_as_they_promise(int images, double coverage)
    {
        var random = new Random(17);
        double covered = 0;
        const int rounds = 400, tests = 200;
        for (int round = 0; round < rounds; round++)
        {
            float least = TrueProbabilities.Of([.. Enumerable.Range(0, images).Select(_ => Draw())]).Least(coverage);
            covered += Enumerable.Range(0, tests).Count(_ => Draw() >= least);
        }
        double share = covered / (rounds * tests);

        // At least the promise, and at most 1 / (n + 1) and a step of the grid more (Vovk et al.); four standard errors of the mean.
        double error = 4 * Math.Sqrt(coverage * (1 - coverage) / rounds * (1.0 / images + 1.0 / tests));
        Assert.InRange(share, coverage - error, coverage + 1.0 / (images + 1) + 1.0 / TrueProbabilities.Grid + error);

        // The probability of the true label of an imagined network.
        float Draw() => (float)Math.Pow(random.NextDouble(), 0.2);
    }

    [Fact]
    public void The_ranks_of_many_images_that_are_kept_never_promise_too_much()
    {
        float[] probabilities = [.. Enumerable.Range(1, 12_345).Select(static i => i / 12_345f)];
        TrueProbabilities kept = TrueProbabilities.Of(probabilities), read = TrueProbabilities.Parse(kept.ToString());
        Assert.Equal(kept, read);
        Assert.Equal(12_345, read.Images);
        float[] descending = [.. probabilities.OrderDescending()];
        foreach (double coverage in (double[])[0.0004, 0.1, 0.5, 0.9, 0.95, 0.9876, 0.999])
        {
            int rank = (int)Math.Ceiling(12_346 * coverage - 1e-9);
            Assert.InRange(kept.Least(coverage), descending[Math.Min(rank + 13, 12_344)], descending[rank - 1]);
        }
        Assert.Equal(0, kept.Least(0.99999));
    }

    [Fact]
    public void Weights_with_a_temperature_are_calibrated_and_those_of_before_are_not()
    {
        using var folder = new TemporaryFolder();
        byte[] pixels = [.. Enumerable.Repeat((byte[])[255, 0, 51], 64).SelectMany(static pixel => pixel)];
        using var classifier = new TinyClassifier();
        classifier.Save(Path.Combine(folder.Path, "old.safetensors"));
        SafetensorsWriter.Write(Path.Combine(folder.Path, "new.safetensors"), [.. classifier.Weights()], new Dictionary<string, string>(Example.ToMetadata()));

        classifier.Fill(Path.Combine(folder.Path, "old.safetensors"));
        Prediction<TinyLabel> plain = classifier.Predict(pixels, 8, 8);
        Assert.Equal(Certainty.None, classifier.Certainty);
        classifier.Fill(Path.Combine(folder.Path, "new.safetensors"));
        Prediction<TinyLabel> calibrated = classifier.Predict(pixels, 8, 8);

        Assert.Equal(Example, classifier.Certainty);
        Assert.Equal(Math.E / (Math.E + 1 + Math.Exp(0.2)), plain.Confidence, 1e-6);
        double first = Math.Exp(1 / 1.75);
        Assert.Equal(first / (first + 1 + Math.Exp(0.2 / 1.75)), calibrated.Confidence, 1e-6);
        Assert.True(plain.IsCertain);
        Assert.False(calibrated.IsCertain);
        Assert.Equal(plain.Label, calibrated.Label);
        Assert.Equal(3, calibrated.Set(0.8).Count);
    }

    private static Prediction<TinyLabel> Predict(Certainty certainty, float confidence) => new(
        certainty, new LabelScore<TinyLabel>(TinyLabel.Red, (1 - confidence) / 2), new LabelScore<TinyLabel>(TinyLabel.Green, confidence), new LabelScore<TinyLabel>(TinyLabel.Blue, (1 - confidence) / 2));
}
