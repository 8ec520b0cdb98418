using FineTune.Inference;
using FineTune.Training.Evaluators;

namespace FineTune.Training.Calibration;

/// <summary>A network's answer to an image.</summary>
/// <param name="Confidence">The probability of the most probable class.</param>
/// <param name="TrueProbability">The probability of the true class.</param>
/// <param name="IsRight">Whether the most probable class is the true one.</param>
internal readonly record struct ScoredAnswer(float Confidence, float TrueProbability, bool IsRight)
{
    /// <summary>Scores answers as predictions do.</summary>
    /// <param name="answers">The logits at the temperature 1.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="certainty">The temperature.</param>
    public static ScoredAnswer[] Of(TestAnswers answers, int classes, Certainty certainty)
    {
        double[] probabilities = Softmax.Compute(answers.Logits, classes);
        certainty.Apply(probabilities, classes);
        var scored = new ScoredAnswer[answers.Labels.Count];
        for (int i = 0; i < scored.Length; i++)
        {
            int answer = ReportEvaluator.LargestOf(answers.Logits.AsSpan(i * classes, classes)), label = answers.Labels[i];
            scored[i] = new ScoredAnswer((float)probabilities[i * classes + answer], (float)probabilities[i * classes + label], answer == label);
        }
        return scored;
    }
}
