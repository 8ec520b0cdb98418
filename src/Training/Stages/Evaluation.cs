using FineTune.Training.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>How many images of a set the network names rightly, and its mean loss on them.</summary>
internal sealed record Evaluation(int Correct, int Count, double Loss)
{
    private const int PassSize = 64;

    /// <summary>The share of right answers, in [0, 1].</summary>
    public double Accuracy => (double)Correct / Count;

    /// <summary>Evaluates the layers behind the features, in evaluation mode.</summary>
    public static Evaluation Of(NetworkModule module, Features features, int depth)
    {
        module.eval();
        using IDisposable inference = no_grad();
        long correct = 0;
        double loss = 0;
        for (int start = 0; start < features.Count; start += PassSize)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(PassSize, features.Count - start);
            Tensor labels = features.Labels.narrow(0, start, count);
            Tensor logits = module.Forward(features.Values.narrow(0, start, count), depth, module.Network.Layers.Count);
            correct += logits.argmax(1).eq(labels).sum().item<long>();
            loss += nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.Sum).item<float>();
        }
        return new Evaluation((int)correct, features.Count, loss / features.Count);
    }
}
