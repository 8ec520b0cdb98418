using FineTune.Training.Stages;

namespace FineTune.Training.Locks;

/// <summary>What a stage left.</summary>
/// <param name="Weights">The digest of the weights of the whole network.</param>
/// <param name="Evaluation">How they do on the test part.</param>
internal sealed record StageResult(string Weights, Evaluation Evaluation);
