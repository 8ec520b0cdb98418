using FineTune;
using FineTune.Inference;
using FineTune.Training.Calibration;
using FineTune.Training.Evaluators;
using FineTune.Training.Statistics;

namespace Training.Tests.Calibration;

public class FitTests
{
    private const int Classes = 5;

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 0.4)]
    [InlineData(3, 1)]
    public void The_temperature_is_where_a_fine_grid_has_the_smallest_likelihood(int seed, double scale)
    {
        TestAnswers answers = Answers(seed, 400, scale);

        double found = TemperatureFit.Find(answers, Classes)!.Value;

        double best = Enumerable.Range(-2000, 4001).Select(static step => Math.Exp(step / 1000.0)).MinBy(temperature => LogLoss(answers, temperature));
        Assert.Equal(1, found / best, 1e-3);
        Assert.True(LogLoss(answers, found) <= LogLoss(answers, best));
        Assert.Equal(found, TemperatureFit.Find(answers, Classes));
    }

    [Fact]
    public void Logits_that_are_too_large_by_a_factor_get_that_factor_as_their_temperature()
    {
        double plain = TemperatureFit.Find(Answers(4, 300, 1), Classes)!.Value;

        Assert.Equal(8 * plain, TemperatureFit.Find(Answers(4, 300, 8), Classes)!.Value, 1e-5 * plain);
    }

    [Fact]
    public void Nothing_can_be_fitted_where_every_answer_is_right_and_wrong_certainty_ends_at_the_largest_temperature()
    {
        Assert.Null(TemperatureFit.Find(new TestAnswers(["a", "b"], [0, 1], [2, 1, 0, 3]), 2));
        Assert.Equal(TemperatureFit.Most, TemperatureFit.Find(new TestAnswers(["a", "b"], [1, 0], [2, 1, 0, 3]), 2));
    }

    [Fact]
    public void The_calibration_error_is_the_mean_difference_by_bins_of_a_fifteenth()
    {
        // 3 of 4 right at 0.9 and 1 of 2 at 0.3.
        ScoredAnswer[] answers =
        [
            new(0.9f, 0.9f, true), new(0.9f, 0.9f, true), new(0.9f, 0.9f, true), new(0.9f, 0.05f, false), new(0.3f, 0.3f, true), new(0.3f, 0.2f, false),
        ];

        var reliability = new Reliability(answers);

        Assert.Equal((4 * 0.15 + 2 * 0.2) / 6, reliability.ExpectedError, 1e-6);
        Assert.Equal(-(3 * Math.Log(0.9) + Math.Log(0.05) + Math.Log(0.3) + Math.Log(0.2)) / 6, reliability.LogLoss, 1e-6);
        Assert.Equal([2, 4], reliability.Bins.Where(static bin => bin.Count > 0).Select(static bin => bin.Count));
        Assert.Equal(14, new Reliability([new(1, 0, false)]).Bins.TakeWhile(static bin => bin.Count == 0).Count());
    }

    [Theory]
    [InlineData(0.6)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    public void The_threshold_is_the_smallest_confidence_that_every_confidence_was_tried_for(double accept)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            ScoredAnswer[] answers = ScoredAnswer.Of(Answers(seed, 150, 3), Classes, Certainty.None);
            double[] reaching = [.. answers.Select(static answer => AcceptThreshold.Step(answer.Confidence)).Where(threshold =>
            {
                ScoredAnswer[] certain = [.. answers.Where(answer => answer.Confidence >= threshold)];
                return WilsonInterval.Of(certain.Count(static answer => answer.IsRight), certain.Length).Low >= accept;
            })];

            Assert.Equal(reaching.Length == 0 ? null : reaching.Min(), AcceptThreshold.Choose(answers, accept));
        }
    }

    [Fact]
    public void A_share_of_right_answers_takes_a_number_of_images()
    {
        int least = AcceptThreshold.LeastImages(0.95);

        Assert.Equal(73, least);
        Assert.Null(AcceptThreshold.Choose(Right(least - 1), 0.95));
        Assert.Equal(0.5, AcceptThreshold.Choose(Right(least), 0.95));
        Assert.Equal(0.999999, AcceptThreshold.Choose(Right(least, 1), 0.95));

        static IEnumerable<ScoredAnswer> Right(int count, float confidence = 0.5f) => Enumerable.Repeat(new ScoredAnswer(confidence, confidence, true), count);
    }

    [Fact]
    public void Foreign_images_are_told_as_well_as_all_pairs_say()
    {
        var random = new Random(5);
        double[] inside = [.. Enumerable.Range(0, 40).Select(_ => Math.Round(1 + random.NextDouble(), 1))];
        double[] outside = [.. Enumerable.Range(0, 30).Select(_ => Math.Round(0.5 + random.NextDouble(), 1))];
        double[] validation = [.. Enumerable.Range(1, 100).Select(static i => i / 100.0)];

        Separation separation = Separation.Of(validation, inside, outside);

        double pairs = inside.Sum(i => outside.Sum(o => i > o ? 1 : i == o ? 0.5 : 0)) / (40 * 30);
        Assert.Equal(pairs, separation.Auroc, 1e-12);
        // 95 of the 100 validation images have at least 0.06.
        Assert.Equal(0.5, Separation.Of(validation, inside, [0.05, 0.06]).Refused);
    }

    private static TestAnswers Answers(int seed, int count, double scale)
    {
        var random = new Random(seed);
        float[] logits = new float[count * Classes];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            labels[i] = random.Next(Classes);
            for (int c = 0; c < Classes; c++)
            {
                double noise = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                logits[i * Classes + c] = (float)(scale * (noise + (c == labels[i] ? 2 : 0)));
            }
        }
        return new TestAnswers([.. labels.Select(static _ => "")], labels, logits);
    }

    private static double LogLoss(TestAnswers answers, double temperature)
    {
        double loss = 0;
        for (int i = 0; i < answers.Labels.Count; i++)
        {
            double[] row = [.. answers.Logits[(i * Classes)..((i + 1) * Classes)].Select(logit => logit / temperature)];
            double most = row.Max();
            loss += most + Math.Log(row.Sum(logit => Math.Exp(logit - most))) - row[answers.Labels[i]];
        }
        return loss;
    }
}
