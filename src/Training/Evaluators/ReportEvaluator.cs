using FineTune.Pipeline;

namespace FineTune.Training.Evaluators;

/// <summary>
/// The report after each stage: accuracy, loss, the precision, recall and F1 of each class, and the confusion matrix or, if there are
/// many classes, the most frequent confusions.
/// </summary>
internal sealed class ReportEvaluator : IEvaluator
{
    /// <summary>Its name.</summary>
    public const string Word = "report";

    /// <inheritdoc />
    public string Name => Word;

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public EvaluatorResult Evaluate(EvaluateContext context)
    {
        int classes = context.Classes.Count;
        ReadOnlySpan<float> logits = context.Logits.Span;
        long[] answers = new long[context.Labels.Count];
        double loss = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            ReadOnlySpan<float> row = logits.Slice(i * classes, classes);
            answers[i] = LargestOf(row);
            loss += LogOfSum(row) - row[context.Labels[i]];
        }
        var confusion = new ConfusionMatrix(context.Classes, [.. context.Labels.Select(static label => (long)label)], answers);
        ClassScore macro = confusion.Average(weighted: false);
        return new EvaluatorResult(
            [new("accuracy", confusion.Accuracy), new("loss", loss / Math.Max(1, answers.Length)), new("macro_f1", macro.F1)],
            EvaluationReport.Text(confusion));
    }

    /// <summary>The index of the first largest value. As in PyTorch's <c>argmax</c>, NaN counts as larger than any number.</summary>
    internal static int LargestOf(ReadOnlySpan<float> row)
    {
        int largest = 0;
        for (int c = 1; c < row.Length; c++)
        {
            if (row[c] > row[largest] || (float.IsNaN(row[c]) && !float.IsNaN(row[largest]))) largest = c;
        }
        return largest;
    }

    /// <summary>The logarithm of the sum of exponentials, without overflow.</summary>
    internal static double LogOfSum(ReadOnlySpan<float> row)
    {
        double most = row[0];
        foreach (float logit in row) most = Math.Max(most, logit);
        double sum = 0;
        foreach (float logit in row) sum += Math.Exp(logit - most);
        return most + Math.Log(sum);
    }
}
