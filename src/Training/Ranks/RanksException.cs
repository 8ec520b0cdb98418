namespace FineTune.Training.Ranks;

/// <summary>The ranks of a training cannot continue together.</summary>
/// <param name="message">Which rank, on which host, and what is wrong with it.</param>
internal sealed class RanksException(string message) : Exception(message);
