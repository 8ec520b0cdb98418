using FineTune.Training.Data;
using FineTune.Training.Evaluators;
using FineTune.Training.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>The evaluation of a network on a set of images.</summary>
/// <param name="Confusion">Its answers.</param>
/// <param name="Loss">Its mean cross-entropy.</param>
internal sealed record Evaluation(ConfusionMatrix Confusion, double Loss)
{
    /// <summary>The indices of the images in their set; empty if the evaluation comes from the cache.</summary>
    public IReadOnlyList<long> Rows { get; init; } = [];

    /// <summary>The logits of each image, row by row; empty if the evaluation comes from the cache.</summary>
    public float[] Logits { get; init; } = [];

    /// <summary>The evaluation of the network at a temperature: the answers are the same, their probabilities are not.</summary>
    /// <param name="temperature">The temperature.</param>
    public Evaluation At(double temperature)
    {
        if (temperature == 1 || Rows.Count == 0) return this;
        int classes = Confusion.Classes.Count;
        float[] logits = [.. Logits.Select(logit => (float)(logit / temperature))];
        double loss = 0;
        for (int i = 0; i < Rows.Count; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * classes, classes);
            loss += ReportEvaluator.LogOfSum(row) - row[Labels[i]];
        }
        return this with { Logits = logits, Loss = loss / Rows.Count };
    }

    /// <summary>The class of each image; empty if the evaluation comes from the cache.</summary>
    public IReadOnlyList<int> Labels { get; init; } = [];

    private const int PassSize = 64;

    /// <summary>The share of correct answers, in [0, 1].</summary>
    public double Accuracy => Confusion.Accuracy;

    /// <summary>Evaluates the layers after the features, in evaluation mode.</summary>
    /// <param name="module">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="features">The input of the layers from <paramref name="depth"/> on.</param>
    /// <param name="depth">The first layer after the features.</param>
    /// <param name="mirrored">The features of the mirrored images if both are averaged; otherwise null.</param>
    /// <param name="only">The images to evaluate; null for all that could be read.</param>
    public static Evaluation Of(NetworkModule module, ImageSet images, Features features, int depth, Features? mirrored = null, long[]? only = null)
    {
        module.eval();
        using IDisposable inference = no_grad();
        long[] rows = only ?? images.Readable();
        long[] truth = images.LabelsOf(rows);
        long[] answers = new long[rows.Length];
        float[] all = new float[rows.Length * module.Network.Classes.Count];
        double loss = 0;
        for (int start = 0; start < rows.Length; start += PassSize)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(PassSize, rows.Length - start);
            Tensor input = features.Of(rows.AsSpan(start, count), epoch: 1);
            Tensor labels = tensor(truth.AsSpan(start, count).ToArray(), device: input.device);
            Tensor logits = module.Forward(input, depth, module.Network.Layers.Count);
            if (mirrored is not null)
            {
                Tensor other = module.Forward(mirrored.Of(rows.AsSpan(start, count), epoch: 1), depth, module.Network.Layers.Count);
                // The logarithm of the mean of both probabilities, whose softmax is that mean.
                logits = logits.log_softmax(1).logaddexp(other.log_softmax(1)).sub(Math.Log(2));
            }
            logits.cpu().contiguous().data<float>().CopyTo(all.AsSpan(start * module.Network.Classes.Count, (int)logits.numel()));
            logits.argmax(1).cpu().data<long>().CopyTo(answers.AsSpan(start, count));
            loss += nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.Sum).item<float>();
        }
        string[] classes = [.. module.Network.Classes.Select(static c => c.Text)];
        return new Evaluation(new ConfusionMatrix(classes, truth, answers), loss / rows.Length) { Rows = rows, Labels = [.. truth.Select(static label => (int)label)], Logits = all };
    }
}
