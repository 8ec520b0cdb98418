using FineTune.Pipeline;

namespace TestPlugin;

/// <summary>The share of images whose class is among the first answers.</summary>
public sealed class TopEvaluator : IEvaluator
{
    /// <inheritdoc />
    public string Name => "top";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Whole("count", 2, 1)];

    /// <inheritdoc />
    public EvaluatorResult Evaluate(EvaluateContext context)
    {
        int classes = context.Classes.Count, right = 0;
        for (int i = 0; i < context.Labels.Count; i++)
        {
            float[] logits = context.Logits.Slice(i * classes, classes).ToArray();
            if (logits.Count(logit => logit > logits[context.Labels[i]]) < context.Values.Whole("count")) right++;
        }
        context.Report.Line($"{context.Images.Count} answers");
        return new EvaluatorResult(
            [new("top", (double)right / context.Labels.Count)], $"top: {right}",
            [new("names.txt", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', context.Images)))]);
    }
}
