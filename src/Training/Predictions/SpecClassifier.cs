using FineTune.Images;
using FineTune.Inference;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Weights;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Predictions;

/// <summary>
/// The trained network of a spec as the generated class has it: the same check of what the weights mean, the same check of the machine's
/// kernels, the same passes. It needs no compiler.
/// </summary>
internal sealed class SpecClassifier : IDisposable
{
    /// <summary>The most images of a pass, as in generated classes.</summary>
    public const int LargestBatch = 16;

    private readonly NetworkModule _module;
    private readonly InferenceNetwork _body;
    private readonly InferenceNetwork _head;
    private readonly PixelTransform _transform;
    private readonly Device _device;

    private SpecClassifier(NetworkModule module, Device device)
    {
        _module = module;
        _device = device;
        _transform = PixelTransforms.Of(Network);
        _body = module.ForInference(0, Network.BodyLength, ScalarType.Float32);
        _head = module.ForInference(Network.BodyLength, Network.Layers.Count, ScalarType.Float32);
    }

    /// <summary>The network.</summary>
    public Network Network => _module.Network;

    /// <summary>What the weights say about the certainty of answers.</summary>
    public Certainty Certainty { get; private init; } = Certainty.None;

    /// <summary>The size that images are brought to.</summary>
    public ImageSize InputSize => ImageSizes.Of(Network);

    /// <summary>How images are resized before the centre of that size is cut out, or null.</summary>
    public ImageResize? Resize => ImageResizes.Of(Network);

    /// <summary>Loads a spec's network with trained weights.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="weights">The file of the weights.</param>
    /// <param name="device">Where to compute; libtorch is loaded.</param>
    /// <param name="log">Gets a warning for each convolution that is wrong on this machine and avoided.</param>
    /// <exception cref="TrainingException">The weights are missing, damaged or of another network, or this machine computes wrong results.</exception>
    public static SpecClassifier Load(SpecSource spec, string weights, Device device, IProgressLog log)
    {
        if (!File.Exists(weights)) throw spec.Name.Error(TrainingDiagnostics.NoTrainedWeights, weights);
        var module = new NetworkModule(spec.Network);
        SpecClassifier? classifier = null;
        try
        {
            string name = device.type == DeviceType.CPU ? "cpu" : device.index < 0 ? "cuda" : FormattableString.Invariant($"cuda:{device.index}");
            IReadOnlyDictionary<string, string> notes = WeightLoader.LoadFile(
                module, WeightsMeanings.Of(spec.Network), weights, new ClassifierLoadOptions { Device = name });
            classifier = new SpecClassifier(module, device) { Certainty = Certainty.Read(notes) };
            classifier.Check(notes, warning => log.Line($"warning: {warning}"));
            return classifier;
        }
        catch (Exception e)
        {
            if (classifier is null) module.Dispose();
            else classifier.Dispose();
            throw e switch
            {
                InvalidDataException or IOException or UnauthorizedAccessException => spec.Name.Error(e, TrainingDiagnostics.DamagedWeights, weights, e.Message),
                WrongKernelException => spec.Name.Error(e, TrainingDiagnostics.WrongKernel, e.Message),
                _ => e,
            };
        }
    }

    /// <summary>Classifies images, looking at the mirrored ones too where the spec says so.</summary>
    /// <param name="pixels">The RGB pixels of images of the input's size, rows first, one image after another.</param>
    /// <param name="count">How many images, at most <see cref="LargestBatch"/>.</param>
    /// <returns>The probabilities <c>[count, classes]</c> in the order of the classes.</returns>
    public double[] Classify(byte[] pixels, int count)
    {
        double[] probabilities = Probabilities.Compute(Logits, pixels, count, InputSize, Network.Classes.Count, Network.Mirror);
        Certainty.Apply(probabilities, Network.Classes.Count);
        return probabilities;
    }

    /// <summary>Computes which places of an image the answer comes from.</summary>
    /// <param name="pixels">The RGB pixels of one image of the input's size, rows first.</param>
    /// <param name="label">The index of the class that is explained.</param>
    /// <exception cref="NotSupportedException">The network has no layer whose output has rows and columns.</exception>
    public NetworkHeat Explain(byte[] pixels, int label)
    {
        using DisposeScope scope = NewDisposeScope();
        return HeatPass.Run(_module.Describe, Prepare(pixels), label, Network.Mirror);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _body.Dispose();
        _head.Dispose();
        _module.Dispose();
    }

    private void Check(IReadOnlyDictionary<string, string> notes, Action<string> warn)
    {
        if (!notes.TryGetValue(GoldenAnswers.Key, out string? golden)) return;
        double[] exact = GoldenAnswers.Parse(golden, Network.Classes.Count);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        ClassifierCheck.Run(_module, [_body, _head], Prepare(CheckImage.Create(InputSize)), exact, warn);
    }

    private float[] Logits(byte[] pixels, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        Tensor logits = _head.Forward(_body.Forward(Prepare(pixels.AsSpan(0, count * InputSize.Bytes))));
        return logits.to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }

    private Tensor Prepare(Span<byte> pixels) => _transform.Apply(PixelTensors.ToTensor(pixels, InputSize).to(_device));
}
