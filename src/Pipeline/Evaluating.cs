namespace FineTune.Pipeline;

/// <summary>Computes metrics, tables and pictures from the answers of a trained network: a table <c>[[evaluator]]</c>.</summary>
public interface IEvaluator : IPipelinePart
{
    /// <summary>Evaluates the answers to the test images.</summary>
    EvaluatorResult Evaluate(EvaluateContext context);
}

/// <summary>The input of an evaluator.</summary>
public sealed record EvaluateContext : PartContext
{
    /// <summary>The names of the test images.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>
    /// The logits <c>[N, C]</c>, row by row: one row for each image, one column for each class. Their softmax is what the network answers:
    /// those of a calibrated network are divided by its temperature.
    /// </summary>
    public required ReadOnlyMemory<float> Logits { get; init; }

    /// <summary>The index of the true class of each image.</summary>
    public required IReadOnlyList<int> Labels { get; init; }
}

/// <summary>The result of an evaluator.</summary>
/// <param name="Figures">Named metrics, such as <c>top5_accuracy</c>, in the order in which they are shown.</param>
/// <param name="Text">A readable table in plain text; empty if there is none.</param>
/// <param name="Files">Files by name, for example pictures.</param>
public sealed record EvaluatorResult(
    IReadOnlyList<KeyValuePair<string, double>> Figures, string Text = "", IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>>? Files = null);
