using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>Checks a classifier on the machine where it was loaded.</summary>
internal static class ClassifierCheck
{
    /// <summary>Compares what the network makes of the check image with what its training computed exactly.</summary>
    /// <param name="classifier">The classifier, whose layers a warning names.</param>
    /// <param name="parts">Its network in parts.</param>
    /// <param name="input">The prepared check image.</param>
    /// <param name="exact">The logits of the training.</param>
    /// <param name="warn">Gets a warning for each convolution that is wrong here and now runs in the safe way.</param>
    /// <exception cref="WrongKernelException">The output is wrong, and running convolutions with the safe implementation did not help.</exception>
    public static void Run(nn.Module classifier, IReadOnlyList<InferenceNetwork> parts, Tensor input, double[] exact, Action<string> warn)
    {
        using Tensor wanted = tensor(exact, [1, exact.Length]);
        foreach (Conv2d wrong in SelfCheck.Run(parts, input, wanted, ScalarType.Float32))
        {
            string name = classifier.named_modules().First(entry => ReferenceEquals(entry.module, wrong)).name;
            warn($"{classifier.GetName()}: the convolution '{name}' gives wrong results on this machine, so a slower, correct implementation is used. {SelfCheck.Describe()}.");
        }
    }
}
