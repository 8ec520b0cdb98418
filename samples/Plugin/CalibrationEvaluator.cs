using System.Globalization;
using System.Text;
using FineTune.Pipeline;

namespace SamplePlugin;

/// <summary>
/// How often the true class is among the first five answers, and how far confidences are from frequencies: the expected calibration error of
/// the answers (Guo et al., arXiv:1706.04599), and that of each class's probability against all others (Nixon et al., "Measuring Calibration
/// in Deep Learning", arXiv:1904.01685).
/// </summary>
public sealed class CalibrationEvaluator : IEvaluator
{
    private const int First = 5;

    /// <inheritdoc />
    public string Name => "calibration";

    /// <inheritdoc />
    public int Revision => 1;

    /// <summary><c>bins</c>: the number of bins of equal width for confidences.</summary>
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Whole("bins", 15, 1, 1000)];

    /// <inheritdoc />
    /// <exception cref="PipelineException">The network's answers are not finite numbers.</exception>
    public EvaluatorResult Evaluate(EvaluateContext context)
    {
        int classes = context.Classes.Count, images = context.Labels.Count;
        int bins = (int)context.Values.Whole("bins");
        var answers = new ReliabilityBins(bins);
        ReliabilityBins[] byClass = [.. context.Classes.Select(_ => new ReliabilityBins(bins))];
        (int[] count, int[] found) = (new int[classes], new int[classes]);
        for (int i = 0; i < images; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            int label = context.Labels[i];
            double[] probabilities = Softmax(context.Logits.Span.Slice(i * classes, classes), context.Images[i]);
            int answer = Array.IndexOf(probabilities, probabilities.Max());
            answers.Add(probabilities[answer], answer == label);
            for (int c = 0; c < classes; c++) byClass[c].Add(probabilities[c], c == label);
            count[label]++;
            if (RankOf(label, probabilities) < First) found[label]++;
        }

        List<KeyValuePair<string, double>> figures =
        [
            new("top5_accuracy", (double)found.Sum() / Math.Max(1, images)),
            new("expected_calibration_error", answers.ExpectedError),
            .. context.Classes.Select((name, c) => KeyValuePair.Create($"calibration_error {name}", byClass[c].ExpectedError)),
        ];
        byte[] picture = Encoding.UTF8.GetBytes(ReliabilityDiagram.Draw(answers));
        return new EvaluatorResult(figures, Table(context.Classes, count, found, byClass), [new("reliability.svg", picture)]);
    }

    /// <summary>The probabilities of logits.</summary>
    private static double[] Softmax(ReadOnlySpan<float> logits, string image)
    {
        double most = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            if (!float.IsFinite(logit)) throw new PipelineException($"The network's answer to '{image}' is not a finite number.");
            most = Math.Max(most, logit);
        }
        double[] probabilities = new double[logits.Length];
        for (int c = 0; c < logits.Length; c++) probabilities[c] = Math.Exp(logits[c] - most);
        double sum = probabilities.Sum();
        for (int c = 0; c < logits.Length; c++) probabilities[c] /= sum;
        return probabilities;
    }

    /// <summary>The number of classes with a higher probability; among equal ones, earlier classes count as higher.</summary>
    private static int RankOf(int label, double[] probabilities)
    {
        int rank = 0;
        for (int c = 0; c < probabilities.Length; c++)
        {
            if (probabilities[c] > probabilities[label] || (probabilities[c] == probabilities[label] && c < label)) rank++;
        }
        return rank;
    }

    private static string Table(IReadOnlyList<string> classes, int[] count, int[] found, ReliabilityBins[] bins)
    {
        int width = classes.Max(static name => name.Length);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"".PadLeft(width)}  images    top-5  calibration error");
        for (int c = 0; c < classes.Count; c++)
        {
            double share = (double)found[c] / Math.Max(1, count[c]);
            text.Append(CultureInfo.InvariantCulture, $"\n{classes[c].PadLeft(width)}  {count[c],6}  {share,7:0.00%}  {bins[c].ExpectedError,17:0.0000}");
        }
        return text.ToString();
    }
}
