using System.CommandLine;
using FineTune.Native;
using FineTune.Weights;

namespace FineTune.Benchmarks;

/// <summary>Writes the weights that the benchmarks' own classifiers embed: random, for only their speed matters.</summary>
internal sealed class RandomWeights : Command
{
    public RandomWeights()
        : base("random-weights", "Writes random weights for the models of the benchmarks; build again to embed them.") => SetAction(static _ => Write());

    private static void Write()
    {
        NativeLibraries.Load();
        using var vgg = Vgg16Classifier.CreateUntrained();
        Write("vgg16", [.. vgg.Weights()]);
        using var mobilenet = MobileNetClassifier.CreateUntrained();
        Write("mobilenet", [.. mobilenet.Weights()]);
    }

    private static void Write(string model, IReadOnlyList<KeyValuePair<string, TorchSharp.torch.Tensor>> weights) => SafetensorsWriter.Write(
        Path.Combine(Commands.RepositoryRoot, "benchmarks/Models", model + ".safetensors"), weights, new Dictionary<string, string>());
}
