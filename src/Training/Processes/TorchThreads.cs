using static TorchSharp.torch;

namespace FineTune.Training.Processes;

/// <summary>Sets the number of libtorch's threads until it is disposed.</summary>
internal sealed class TorchThreads : IDisposable
{
    private readonly int _before = get_num_threads();

    /// <summary>Sets the number.</summary>
    /// <param name="count">At least 1.</param>
    public TorchThreads(int count) => set_num_threads(count);

    /// <inheritdoc />
    public void Dispose() => set_num_threads(_before);
}
