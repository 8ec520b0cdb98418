using FineTune.Training.Evaluators;

namespace FineTune.Training.Inspection;

/// <summary>The test accuracy with and without the test images that have a copy among the images that were trained with.</summary>
/// <param name="Right">The right answers to all test images.</param>
/// <param name="All">The test images that could be read.</param>
/// <param name="RightWithout">The right answers to those without a copy.</param>
/// <param name="AllWithout">The test images without a copy.</param>
internal sealed record LeakedAccuracy(int Right, int All, int RightWithout, int AllWithout)
{
    /// <summary>The accuracy on all test images, in [0, 1].</summary>
    public double Accuracy => All == 0 ? 0 : (double)Right / All;

    /// <summary>The accuracy on the test images without a copy, in [0, 1].</summary>
    public double AccuracyWithout => AllWithout == 0 ? 0 : (double)RightWithout / AllWithout;

    /// <summary>Counts answers.</summary>
    /// <param name="answers">The answers to the test images.</param>
    /// <param name="leaked">The names of the test images that have a copy.</param>
    /// <param name="classes">The number of classes.</param>
    public static LeakedAccuracy Of(TestAnswers answers, IReadOnlySet<string> leaked, int classes)
    {
        (int right, int rightWithout, int allWithout) = (0, 0, 0);
        for (int i = 0; i < answers.Labels.Count; i++)
        {
            bool isRight = ReportEvaluator.LargestOf(answers.Logits.AsSpan(i * classes, classes)) == answers.Labels[i];
            if (isRight) right++;
            if (leaked.Contains(answers.Images[i])) continue;
            allWithout++;
            if (isRight) rightWithout++;
        }
        return new LeakedAccuracy(right, answers.Labels.Count, rightWithout, allWithout);
    }
}
