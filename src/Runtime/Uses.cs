namespace FineTune;

/// <summary>
/// Counts who uses a resource, so that it is freed when its owner has disposed of it and the last use has ended, not in the middle of one.
/// </summary>
/// <param name="free">Frees the resource; called once.</param>
internal sealed class Uses(Action free)
{
    // One more than there are uses, until the owner disposes of the resource.
    private int _count = 1;
    private int _isDisposed;

    /// <summary>Begins a use, which <see cref="End"/> ends.</summary>
    /// <param name="owner">The owner, which an error names.</param>
    /// <exception cref="ObjectDisposedException">The owner has disposed of the resource.</exception>
    public void Begin(object owner)
    {
        for (int count = Volatile.Read(ref _count); ;)
        {
            ObjectDisposedException.ThrowIf(count == 0 || Volatile.Read(ref _isDisposed) != 0, owner);
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count) return;
            count = seen;
        }
    }

    /// <summary>Ends a use.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _count) == 0) free();
    }

    /// <summary>Refuses further uses, and frees the resource as soon as none is left. Further calls do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0) End();
    }
}
