using FineTune.Pipeline;

namespace FineTune.Training.Stages;

/// <summary>The result of a stage.</summary>
/// <param name="Weights">The digest of the weights of the whole network.</param>
/// <param name="Evaluation">Their evaluation on the test images.</param>
/// <param name="History">The figures of its epochs; empty if they were not recorded.</param>
internal sealed record StageResult(string Weights, Evaluation Evaluation, IReadOnlyList<TrainedEpoch> History);
