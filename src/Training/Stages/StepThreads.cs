using ModelSpec.Networks;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// How many threads share the operations of a step. Small steps take one: an operation of microseconds is over before a second thread
/// has begun with its part, and the first one waits for it. Which steps are small depends on the spec alone, so the result does, too.
/// </summary>
internal static class StepThreads
{
    /// <summary>
    /// Multiplications of a forward pass of a batch from which on two threads are faster: MobileNet's head for 17 classes has 6 millions,
    /// and for 1,000 classes 14, VGG16's 200, and any convolution more.
    /// </summary>
    private const long WorthSharing = 10_000_000;

    /// <summary>The threads of a step.</summary>
    /// <param name="network">The network.</param>
    /// <param name="first">The first layer that runs in each step.</param>
    /// <param name="batchSize">The images of a step.</param>
    public static int Of(Network network, int first, int batchSize) =>
        batchSize * network.Layers.Skip(first).Sum(static l => l.Multiplications) < WorthSharing ? 1 : get_num_threads();
}
