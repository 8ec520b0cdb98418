namespace FineTune.Training.Ranks;

/// <summary>
/// What the ranks of a training do together. A rank is one of the processes that a launcher such as <c>mpirun</c> has started. All ranks call the same
/// methods in the same order, each from one thread.
/// </summary>
internal interface ICollectives : IDisposable
{
    /// <summary>The number of this rank, from 0. Rank 0 owns the lock, the cache and the output, and reports progress.</summary>
    int Rank { get; }

    /// <summary>The number of ranks.</summary>
    int Size { get; }

    /// <summary>Where each rank is: its host and process.</summary>
    IReadOnlyList<string> Places { get; }

    /// <summary>The number of ranks on this rank's host, which share its cores and its memory.</summary>
    int RanksOfHost { get; }

    /// <summary>
    /// Replaces each number by its sum over all ranks. The order of the additions is a binary tree that depends on the number of ranks alone, so
    /// the same numbers give the same sums, bit by bit, on every rank.
    /// </summary>
    /// <exception cref="RanksException">A rank does not answer.</exception>
    void Sum(Span<float> values);

    /// <summary>Replaces the bytes by those of one rank.</summary>
    /// <exception cref="RanksException">A rank does not answer.</exception>
    void Broadcast(Span<byte> values, int root = 0);

    /// <summary>The bytes of every rank, in the order of the ranks; their numbers may differ.</summary>
    /// <exception cref="RanksException">A rank does not answer.</exception>
    IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> values);

    /// <summary>Waits until every rank has called this.</summary>
    /// <exception cref="RanksException">A rank does not answer.</exception>
    void Barrier();

    /// <summary>
    /// Answers ranks that ask whether this one is still there. A rank calls this from time to time during work that others wait for.
    /// </summary>
    void Attend();

    /// <summary>Ends all ranks at once, because this one cannot continue.</summary>
    /// <param name="exitCode">The exit code of the launcher.</param>
    void Abort(int exitCode);
}
