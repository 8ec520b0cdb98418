using System.Xml.Linq;
using FineTune.Pipeline;

namespace SamplePlugin.Tests;

public class CalibrationEvaluatorTests
{
    private static readonly string[] Flowers = ["rose", "tulip", "lily"];

    // Two images, two bins. Answers: 0.7 right, 0.6 wrong: |1.3 - 1| / 2. The first class: 0.1 wrong in one bin and 0.7 right in the other; the
    // second: 0.2 and 0.6, both wrong; the third: 0.1 wrong and 0.3 right in one bin.
    private static readonly double[][] Probabilities = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]];

    [Fact]
    public void Errors_are_those_of_a_computation_by_hand()
    {
        EvaluatorResult result = Evaluate(Flowers, Probabilities, [0, 2], bins: 2);

        (string, double)[] expected =
        [
            ("top5_accuracy", 1), ("expected_calibration_error", 0.15),
            ("calibration_error rose", 0.2), ("calibration_error tulip", 0.4), ("calibration_error lily", 0.3),
        ];
        Assert.Equal(expected.Select(static figure => figure.Item1), result.Figures.Select(static figure => figure.Key));
        Assert.All(expected.Zip(result.Figures), static pair => Assert.Equal(pair.First.Item2, pair.Second.Value, 1e-7));
    }

    [Fact]
    public void The_table_has_a_row_for_each_class()
    {
        Assert.Equal(
            """
                   images    top-5  calibration error
             rose       1  100.00%             0.2000
            tulip       0    0.00%             0.4000
             lily       1  100.00%             0.3000
            """.ReplaceLineEndings("\n"),
            Evaluate(Flowers, Probabilities, [0, 2], bins: 2).Text);
    }

    [Fact]
    public void Of_a_calibrated_network_the_error_is_the_noise_of_frequencies_and_of_one_that_is_too_sure_it_is_not()
    {
        var random = new Random(1);
        List<double[]> honest = [], sure = [];
        List<int> labels = [];
        for (int i = 0; i < 20_000; i++)
        {
            double p = random.NextDouble();
            honest.Add([p, 1 - p]);
            sure.Add(p > 0.5 ? [0.999, 0.001] : [0.001, 0.999]);
            labels.Add(random.NextDouble() < p ? 0 : 1);
        }

        Assert.InRange(Figure(Evaluate(["a", "b"], [.. honest], [.. labels], bins: 15), "expected_calibration_error"), 0, 0.02);
        // They are right in three of four cases.
        Assert.InRange(Figure(Evaluate(["a", "b"], [.. sure], [.. labels], bins: 15), "expected_calibration_error"), 0.23, 0.27);
    }

    [Fact]
    public void The_first_five_answers_count_and_of_equal_ones_the_first_classes()
    {
        string[] classes = [.. Enumerable.Range(0, 7).Select(static c => $"c{c}")];
        double[] falling = [0.4, 0.2, 0.15, 0.1, 0.08, 0.05, 0.02];
        double[] even = [.. Enumerable.Repeat(1 / 7.0, 7)];

        EvaluatorResult result = Evaluate(classes, [falling, falling, falling, even, even], [0, 4, 5, 4, 5], bins: 15);

        Assert.Equal(0.6, Figure(result, "top5_accuracy"), 1e-12);
    }

    [Fact]
    public void The_diagram_has_a_bar_for_each_bin_with_answers()
    {
        var file = Assert.Single(Evaluate(Flowers, [[0.55, 0.45, 0], [0.65, 0.35, 0], [0.66, 0.34, 0]], [2, 0, 0], bins: 10).Files!);

        Assert.Equal("reliability.svg", file.Key);
        XElement[] bars = [.. XDocument.Load(new MemoryStream(file.Value.ToArray())).Root!.Elements().Where(static e => (string?)e.Attribute("fill") == "steelblue")];
        // Bins (0.5, 0.6] and (0.6, 0.7].
        Assert.Equal([("190", "0"), ("220", "300")], bars.Select(static bar => ((string)bar.Attribute("x")!, (string)bar.Attribute("height")!)));
    }

    [Fact]
    public void An_answer_that_is_not_a_number_is_an_error_that_names_the_image() => Assert.Contains(
        "'1.png'", Assert.Throws<PipelineException>(() => Evaluate(Flowers, [Probabilities[0], [double.NaN, 1, 1]], [0, 1], bins: 2)).Message, StringComparison.Ordinal);

    private static double Figure(EvaluatorResult result, string name) => result.Figures.Single(figure => figure.Key == name).Value;

    private static EvaluatorResult Evaluate(string[] classes, double[][] probabilities, int[] labels, long bins)
    {
        var evaluator = new CalibrationEvaluator();
        return evaluator.Evaluate(new EvaluateContext
        {
            Folder = "/",
            Classes = classes,
            Values = Contexts.ValuesOf(evaluator, ("bins", bins)),
            Report = new Contexts.Silence(),
            Cancellation = TestContext.Current.CancellationToken,
            Images = [.. labels.Select(static (_, i) => $"{i}.png")],
            Labels = labels,
            // Logits may have any constant added. There is no logarithm of 0, but one of a very small number.
            Logits = probabilities.SelectMany(static (row, i) => row.Select(p => (float)(Math.Log(Math.Max(p, 1e-30)) + 10 * i))).ToArray(),
        });
    }
}
