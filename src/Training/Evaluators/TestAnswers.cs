using FineTune.Training.Data;
using FineTune.Training.Stages;

namespace FineTune.Training.Evaluators;

/// <summary>The answers of a trained network to the test images that could be read.</summary>
/// <param name="Images">Their names.</param>
/// <param name="Labels">The index of the true class of each.</param>
/// <param name="Logits">The logits <c>[N, C]</c>, row by row.</param>
internal sealed record TestAnswers(IReadOnlyList<string> Images, IReadOnlyList<int> Labels, float[] Logits)
{
    /// <summary>The answers of an evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="images">The images that were evaluated.</param>
    public static TestAnswers Of(Evaluation evaluation, IReadOnlyList<LabeledImage> images) => new(
        [.. evaluation.Rows.Select(row => images[(int)row].Name)], [.. evaluation.Rows.Select(row => images[(int)row].Class)], evaluation.Logits);

    /// <summary>The answers of the network at a temperature: the softmax of their logits is what it predicts.</summary>
    /// <param name="temperature">The temperature.</param>
    public TestAnswers At(double temperature) => temperature == 1 ? this : this with { Logits = [.. Logits.Select(logit => (float)(logit / temperature))] };
}
