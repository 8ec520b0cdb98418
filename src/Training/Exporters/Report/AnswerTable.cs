using FineTune.Pipeline;
using FineTune.Training.Evaluators;

namespace FineTune.Training.Exporters.Report;

/// <summary>The answer to an image.</summary>
/// <param name="Image">The name of the image.</param>
/// <param name="Truth">The index of its class.</param>
/// <param name="Answer">The index of the class with the largest probability.</param>
/// <param name="Confidence">That probability.</param>
internal sealed record AnsweredImage(string Image, int Truth, int Answer, double Confidence)
{
    /// <summary>Whether the answer is right.</summary>
    public bool IsRight => Truth == Answer;
}

/// <summary>What a network answers to the test images: everything that a report says of them is computed here, from the logits.</summary>
internal sealed class AnswerTable
{
    /// <summary>Reads logits.</summary>
    /// <param name="answers">The answers.</param>
    /// <param name="classes">The classes in order.</param>
    public AnswerTable(ImageAnswers answers, IReadOnlyList<string> classes)
    {
        int images = answers.Labels.Count;
        var rows = new AnsweredImage[images];
        for (int i = 0; i < images; i++)
        {
            ReadOnlySpan<float> logits = answers.Logits.Span.Slice(i * classes.Count, classes.Count);
            int answer = ReportEvaluator.LargestOf(logits);
            double logOfSum = ReportEvaluator.LogOfSum(logits);
            rows[i] = new AnsweredImage(answers.Images[i], answers.Labels[i], answer, Math.Exp(logits[answer] - logOfSum));
            Loss += (logOfSum - logits[answers.Labels[i]]) / images;
        }
        Rows = rows;
        Confusion = new ConfusionMatrix(classes, [.. rows.Select(static row => (long)row.Truth)], [.. rows.Select(static row => (long)row.Answer)]);
    }

    /// <summary>The answers in the order of the images.</summary>
    public IReadOnlyList<AnsweredImage> Rows { get; }

    /// <summary>How often each class got each answer.</summary>
    public ConfusionMatrix Confusion { get; }

    /// <summary>The mean cross-entropy.</summary>
    public double Loss { get; }

    /// <summary>The wrong answers, the most confident first.</summary>
    public IEnumerable<AnsweredImage> Mistakes =>
        Rows.Where(static row => !row.IsRight).OrderByDescending(static row => row.Confidence).ThenBy(static row => row.Image, StringComparer.Ordinal);

    /// <summary>All answers, the least certain first.</summary>
    public IEnumerable<AnsweredImage> LeastCertain =>
        Rows.OrderBy(static row => row.Confidence).ThenBy(static row => row.Image, StringComparer.Ordinal);

    /// <summary>The right answers, the most confident of each class first, so that the first ones are of different classes.</summary>
    public IEnumerable<AnsweredImage> RightAnswers => Rows.Where(static row => row.IsRight)
        .GroupBy(static row => row.Truth)
        .SelectMany(static rows => rows.OrderByDescending(static row => row.Confidence).ThenBy(static row => row.Image, StringComparer.Ordinal).Select(static (row, rank) => (Row: row, Rank: rank)))
        .OrderBy(static ranked => ranked.Rank).ThenBy(static ranked => ranked.Row.Truth)
        .Select(static ranked => ranked.Row);
}
