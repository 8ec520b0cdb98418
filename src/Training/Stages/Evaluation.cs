using FineTune.Training.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>How a network does on a set of images.</summary>
/// <param name="Confusion">Which answers it gave.</param>
/// <param name="Loss">Its mean cross-entropy.</param>
internal sealed record Evaluation(ConfusionMatrix Confusion, double Loss)
{
    private const int PassSize = 64;

    /// <summary>The share of right answers, in [0, 1].</summary>
    public double Accuracy => Confusion.Accuracy;

    /// <summary>Evaluates the layers behind the features, in evaluation mode.</summary>
    public static Evaluation Of(NetworkModule module, Features features, int depth)
    {
        module.eval();
        using IDisposable inference = no_grad();
        long[] answers = new long[features.Count];
        double loss = 0;
        for (int start = 0; start < features.Count; start += PassSize)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(PassSize, features.Count - start);
            Tensor labels = features.Labels.narrow(0, start, count);
            Tensor logits = module.Forward(features.Values.narrow(0, start, count), depth, module.Network.Layers.Count);
            logits.argmax(1).cpu().data<long>().CopyTo(answers.AsSpan(start, count));
            loss += nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.Sum).item<float>();
        }
        using Tensor truth = features.Labels.cpu();
        string[] classes = [.. module.Network.Classes.Select(static c => c.Text)];
        return new Evaluation(new ConfusionMatrix(classes, truth.data<long>().ToArray(), answers), loss / features.Count);
    }
}
