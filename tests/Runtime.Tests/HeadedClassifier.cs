using FineTune;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Runtime.Tests;

/// <summary>
/// A classifier with a backbone and a head: on a red image, the channels of the backbone's output are 0.5, 0.25 and 0, and the head
/// turns their order round.
/// </summary>
public sealed class HeadedClassifier : ImageClassifier<TinyLabel>
{
    public HeadedClassifier(params string[] labels)
        : base("Headed", new ImageSize(8, 8), new PixelTransform(false, 1 / 255.0, [0, 0, 0], [1, 1, 1]), labels.Length == 0 ? null : labels, "the layers")
    {
        NativeLibraries.Load();
        Conv = Register("features.0", nn.Conv2d(3, 3, 1));
        Head = Register("head", new ReversingHead());
        using (no_grad())
        {
            Conv.weight.copy_(tensor([0.5f, 0, 0, 0.25f, 0, 0, -1, 0, 0], [3, 3, 1, 1]));
            Conv.bias!.zero_();
        }
        eval();
    }

    public Conv2d Conv { get; }

    public ReversingHead Head { get; }

    protected override void Describe(ref ForwardPass pass)
    {
        pass.Run(Conv);
        pass.Relu();
        pass.Run(Head);
    }

    /// <summary>Writes a weight file as a training does, with its meaning and the exact answers for the check image.</summary>
    public void Save(string path, bool withMeaning = true)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor logits = forward(PixelTransform.Apply(PixelTensors.ToTensor(CheckImage.Create(InputSize), InputSize))).to_type(ScalarType.Float64);
        var notes = withMeaning ? new Dictionary<string, string>(Meaning!.ToMetadata()) : [];
        notes[GoldenAnswers.Key] = GoldenAnswers.Format(logits.data<double>());
        SafetensorsWriter.Write(path, [.. Weights()], notes);
    }

    public void LoadFrom(string path, ClassifierLoadOptions? options = null) => LoadFile(path, options);

    public sealed class ReversingHead : ClassifierHead
    {
        internal ReversingHead()
        {
            Pool = Register("pool", new GlobalPool2d(average: true));
            Fc1 = Register("fc1", nn.Linear(3, 3));
            using IDisposable noGradient = no_grad();
            Fc1.weight.copy_(eye(3).flip(0));
            Fc1.bias!.zero_();
        }

        public GlobalPool2d Pool { get; }

        public Linear Fc1 { get; }

        protected override void Describe(ref ForwardPass pass)
        {
            pass.Run(Pool);
            pass.Run(Fc1);
        }
    }
}
