using ModelSpec.Networks;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// Takes small steps on one thread: an operation of microseconds is over before a second thread has begun with its part, and the
/// first one waits for it. Which steps are small depends on the spec alone, so the result does, too.
/// </summary>
internal sealed class StepThreads : IDisposable
{
    /// <summary>
    /// Multiplications of a forward pass of a batch from which on two threads are faster: a head behind pooled features has some
    /// 7 millions, VGG16's behind flattened ones 200, and any convolution more.
    /// </summary>
    private const long WorthSharing = 50_000_000;

    private readonly int _threads = get_num_threads();

    /// <summary>Chooses the threads of a stage's steps, until this is disposed.</summary>
    /// <param name="network">The network.</param>
    /// <param name="first">The first layer that runs in each step.</param>
    /// <param name="batchSize">The images of a step.</param>
    public StepThreads(Network network, int first, int batchSize)
    {
        if (batchSize * network.Layers.Skip(first).Sum(static l => l.Multiplications) < WorthSharing) set_num_threads(1);
    }

    /// <inheritdoc />
    public void Dispose() => set_num_threads(_threads);
}
