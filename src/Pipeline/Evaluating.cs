namespace FineTune.Pipeline;

/// <summary>Makes figures, tables and pictures of what a trained network answers: a table <c>[[evaluator]]</c>.</summary>
public interface IEvaluator : IPipelinePart
{
    /// <summary>Evaluates the answers to the test images.</summary>
    EvaluatorResult Evaluate(EvaluateContext context);
}

/// <summary>What an evaluator is given.</summary>
public sealed record EvaluateContext : PartContext
{
    /// <summary>The names of the test images.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>The logits of each image, row by row: as many as there are classes.</summary>
    public required ReadOnlyMemory<float> Logits { get; init; }

    /// <summary>The index of the true class of each image.</summary>
    public required IReadOnlyList<int> Labels { get; init; }
}

/// <summary>What an evaluator found.</summary>
/// <param name="Figures">Named figures, such as <c>top5_accuracy</c>, in the order in which they are shown.</param>
/// <param name="Text">A table for people in plain text; empty if there is none.</param>
/// <param name="Files">Files by their names, such as pictures.</param>
public sealed record EvaluatorResult(
    IReadOnlyList<KeyValuePair<string, double>> Figures, string Text = "", IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>>? Files = null);
