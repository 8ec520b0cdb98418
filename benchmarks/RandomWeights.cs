using System.CommandLine;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Benchmarks;

/// <summary>Writes the weights that the benchmarks' own classifiers embed: random, because only their speed matters.</summary>
internal sealed class RandomWeights : Command
{
    public RandomWeights()
        : base("random-weights", "Writes random weights for the models of the benchmarks; build again to embed them.") => SetAction(static _ => Write());

    private static void Write()
    {
        NativeLibraries.Load();
        using var vgg = Vgg16Classifier.CreateUntrained();
        Write("vgg16", vgg);
        using var mobilenet = MobileNetClassifier.CreateUntrained();
        Write("mobilenet", mobilenet);
    }

    /// <summary>Includes the metadata that a class checks when it loads them: their meaning, and the logits of the check image.</summary>
    private static void Write<TLabel>(string model, ImageClassifier<TLabel> classifier)
        where TLabel : struct, Enum
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        classifier.eval();
        Tensor image = PixelTensors.ToTensor(CheckImage.Create(classifier.InputSize), classifier.InputSize);
        Tensor logits = classifier.forward(classifier.PixelTransform.Apply(image)).to_type(ScalarType.Float64);
        var notes = new Dictionary<string, string>(classifier.Meaning!.ToMetadata()) { [GoldenAnswers.Key] = GoldenAnswers.Format(logits.data<double>()) };
        SafetensorsWriter.Write(Path.Combine(Commands.RepositoryRoot, "benchmarks/Models", model + ".safetensors"), [.. classifier.Weights()], notes);
    }
}
