using FineTune.Training.Evaluators;
using FineTune.Training.Statistics;

namespace FineTune.Training.Quality;

/// <summary>Compares what two networks answer to the same test images.</summary>
internal static class AnswerComparison
{
    /// <summary>Compares answers image by image.</summary>
    /// <param name="before">The answers of the first network.</param>
    /// <param name="now">Those of the second one.</param>
    /// <returns>The images that only one of them answers right; null if the images or their classes are not the same.</returns>
    public static McNemarTest? Of(TestAnswers before, TestAnswers now)
    {
        Dictionary<string, (int Label, bool IsRight)> first = Rights(before), second = Rights(now);
        if (first.Count != second.Count) return null;
        int gained = 0, lost = 0;
        foreach ((string image, (int label, bool isRight)) in second)
        {
            if (!first.TryGetValue(image, out (int Label, bool IsRight) old) || old.Label != label) return null;
            if (isRight && !old.IsRight) gained++;
            if (!isRight && old.IsRight) lost++;
        }
        return new McNemarTest(gained, lost);
    }

    private static Dictionary<string, (int Label, bool IsRight)> Rights(TestAnswers answers)
    {
        int classes = answers.Images.Count == 0 ? 0 : answers.Logits.Length / answers.Images.Count;
        return Enumerable.Range(0, answers.Images.Count).ToDictionary(
            i => answers.Images[i], i => (answers.Labels[i], ReportEvaluator.LargestOf(answers.Logits.AsSpan(i * classes, classes)) == answers.Labels[i]), StringComparer.Ordinal);
    }
}
