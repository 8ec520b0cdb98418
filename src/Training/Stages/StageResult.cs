namespace FineTune.Training.Stages;

/// <summary>The result of a stage.</summary>
/// <param name="Weights">The digest of the weights of the whole network.</param>
/// <param name="Evaluation">Their evaluation on the test images.</param>
internal sealed record StageResult(string Weights, Evaluation Evaluation);
