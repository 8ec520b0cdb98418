namespace FineTune.Training.Ranks;

/// <summary>The only rank of a training that no launcher has started.</summary>
internal sealed class SingleRank : ICollectives
{
    public static SingleRank Instance { get; } = new();

    public int Rank => 0;

    public int Size => 1;

    public IReadOnlyList<string> Places { get; } = [Environment.MachineName];

    public int RanksOfHost => 1;

    public void Sum(Span<float> values)
    {
    }

    public void Broadcast(Span<byte> values, int root = 0)
    {
    }

    public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> values) => [values.ToArray()];

    public void Barrier()
    {
    }

    public void Attend()
    {
    }

    public void Abort(int exitCode)
    {
    }

    public void Dispose()
    {
    }
}
