using ModelSpec.Diagnostics;

namespace FineTune.Training.Ranks;

/// <summary>The log of a rank other than 0: it says nothing unless something is wrong, and then where.</summary>
/// <param name="log">The log of the process.</param>
/// <param name="ranks">The ranks.</param>
internal sealed class RankLog(IProgressLog log, ICollectives ranks) : IProgressLog
{
    /// <inheritdoc />
    public void Line(string text)
    {
    }

    /// <inheritdoc />
    public void Report(Diagnostic diagnostic)
    {
        if (diagnostic.IsError) log.Report(diagnostic with { Message = $"{diagnostic.Message} [rank {ranks.Rank} on {ranks.Places[ranks.Rank]}]" });
    }

    /// <inheritdoc />
    public void Show(Stages.EpochProgress progress)
    {
    }

    /// <inheritdoc />
    public void Show(Stages.StepProgress progress)
    {
    }
}
