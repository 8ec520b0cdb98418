using ModelSpec.Networks;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// The number of threads that share the operations of a step. Small steps use one thread: an operation of a few microseconds would be finished before
/// a second thread starts, and the first thread would wait for it. The number depends only on the spec, and so do the results.
/// </summary>
internal static class StepThreads
{
    /// <summary>
    /// The number of multiplications of a batch's forward pass above which two threads are faster. MobileNet's head has 6 million for 17 classes
    /// and 14 million for 1,000 classes; VGG16's head has 200 million, and any convolution has more.
    /// </summary>
    private const long WorthSharing = 10_000_000;

    /// <summary>The threads of a step.</summary>
    /// <param name="network">The network.</param>
    /// <param name="first">The first layer that runs in each step.</param>
    /// <param name="batchSize">The images of a step.</param>
    public static int Of(Network network, int first, int batchSize) =>
        batchSize * network.Layers.Skip(first).Sum(static l => l.Multiplications) < WorthSharing ? 1 : get_num_threads();
}
