using FineTune.Inference;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>The base of generated heads: features to logits <c>[N, classes]</c>.</summary>
public abstract class ClassifierHead() : ModuleTree("Head")
{
    /// <inheritdoc />
    public sealed override Tensor forward(Tensor input) => ForwardPass.Run(input, Describe);

    /// <summary>What the layers do to features.</summary>
    internal IReadOnlyList<ForwardStep> Steps() => ForwardPass.Record(Describe);

    /// <summary>Takes a pass through the layers.</summary>
    protected abstract void Describe(ref ForwardPass pass);
}
