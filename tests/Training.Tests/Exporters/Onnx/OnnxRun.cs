using FineTune.Inference;
using FineTune.Parity;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Exporters;
using FineTune.Training.Exporters.Onnx;
using FineTune.Training.Exporters.Onnx.Format;
using FineTune.Training.Modules;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Exporters.Onnx;

/// <summary>The three outputs of an ONNX file for a batch.</summary>
internal sealed record OnnxAnswers(float[] Probabilities, float[] Logits, float[] Features);

/// <summary>A network as an ONNX file, run by ONNX Runtime.</summary>
internal sealed class OnnxRun : IDisposable
{
    private static readonly string[] Outputs = [OnnxNames.Probabilities, OnnxNames.Logits, OnnxNames.Features];

    private readonly InferenceSession _session;

    public OnnxRun(byte[] model, string? setting = null)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        if (setting is not null) options.AddSessionConfigEntry(setting, "1");
        // Processors without VNNI need it for 8-bit integers.
        options.AddSessionConfigEntry("session.x64quantprecision", "1");
        _session = new InferenceSession(model, options);
    }

    public InferenceSession Session => _session;

    /// <summary>The bytes of the file of a module's network.</summary>
    public static byte[] Export(NetworkModule module, string form = "tensor", IReadOnlyDictionary<string, string>? metadata = null) =>
        Translate(module, form, metadata).ToByteArray();

    /// <summary>The file of a module's network.</summary>
    public static ModelProto Translate(NetworkModule module, string form = "tensor", IReadOnlyDictionary<string, string>? metadata = null)
    {
        (TrainedModel trained, string[] classes, OnnxOptions options) = (ModelOf(module, metadata), [.. module.Network.Classes.Select(static c => c.Text)], OptionsOf(form));
        return OnnxModel.Create(OnnxExporter.Translate(trained, classes, options.Form, CancellationToken.None).Graph, trained, classes, options, null);
    }

    public static OnnxOptions OptionsOf(string form, string precision = "fp32", double maxDrop = OnnxOptions.DefaultMaxDrop) => OnnxOptions.Read(ValuesOf(form, precision, maxDrop));

    public static PartValues ValuesOf(string form, string precision = "fp32", double maxDrop = OnnxOptions.DefaultMaxDrop) => new(new Dictionary<string, object>
    {
        [OnnxOptions.FormKey] = form,
        [OnnxOptions.PrecisionKey] = precision,
        [OnnxOptions.MaxDropKey] = maxDrop,
    });

    /// <summary>A module's network as an exporter sees it.</summary>
    public static TrainedModel ModelOf(NetworkModule module, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Network network = module.Network;
        TrainedTensor[] tensors = [.. module.Weights().Select(static weight =>
            new TrainedTensor(weight.Key, weight.Value.shape, weight.Value.detach().contiguous().data<float>().ToArray()))];
        return new TrainedModel(network.ClassName, network.InputHeight, network.InputWidth, tensors, metadata ?? WeightsMeanings.Of(network).ToMetadata())
        {
            Network = NetworkGraphs.Of(network),
            Preparation = InputPreparations.Of(network),
            Digest = "sha256:" + new string('0', 64),
        };
    }

    /// <summary>Gives normalisations figures that change something, and parameters that begin as one number, others.</summary>
    public static void Fill(NetworkModule module)
    {
        using IDisposable noGradient = no_grad();
        long seed = 100;
        foreach ((string key, Tensor tensor) in module.Weights())
        {
            seed++;
            if (tensor.dim() != 1 && !key.Contains("scale", StringComparison.Ordinal) && tensor.std(unbiased: false).item<float>() != 0) continue;
            double centre = key.EndsWith("var", StringComparison.Ordinal) || key.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
            using Tensor values = CounterHash.FillAround(seed, centre, key.EndsWith("var", StringComparison.Ordinal) ? 0.5 : 0.1, tensor.shape);
            tensor.copy_(values);
        }
    }

    /// <summary>Runs prepared images.</summary>
    /// <param name="input">float32 <c>[N, 3, H, W]</c>.</param>
    public OnnxAnswers Run(Tensor input)
    {
        using Tensor plain = input.contiguous();
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(plain.data<float>().ToArray(), plain.shape);
        return Run(OnnxNames.Input, value);
    }

    /// <summary>Runs images of one size.</summary>
    /// <param name="pixels">Red, green and blue of each pixel, row by row.</param>
    /// <param name="shape"><c>[N, rows, columns, 3]</c>.</param>
    public OnnxAnswers Run(byte[] pixels, params long[] shape)
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(pixels, shape);
        return Run(OnnxNames.Pixels, value);
    }

    private OnnxAnswers Run(string name, OrtValue value)
    {
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, [name], [value], Outputs);
        float[][] all = [.. outputs.Select(static output => output.GetTensorDataAsSpan<float>().ToArray())];
        return new OnnxAnswers(all[0], all[1], all[2]);
    }

    /// <summary>Asserts that ONNX Runtime's answers are the module's.</summary>
    /// <returns>The largest difference of logits, as a part of the largest logit.</returns>
    public static double Compare(NetworkModule module, OnnxRun run, int batch)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Network network = module.Network;
        Tensor input = CounterHash.Fill(7 + batch, 1.5, batch, 3, network.InputHeight, network.InputWidth);
        Tensor body = module.Forward(input, 0, network.BodyLength);
        Tensor logits = module.Forward(body, network.BodyLength, network.Layers.Count);

        OnnxAnswers actual = run.Run(input);

        double difference = Difference(logits, actual.Logits);
        Assert.InRange(difference, 0, 1e-4);
        Assert.InRange(Difference(tensor(ChannelMeans.Compute(body).SelectMany(static row => row).ToArray()), actual.Features), 0, 1e-4);
        if (!network.Mirror) Assert.InRange(Difference(nn.functional.softmax(logits, 1), actual.Probabilities), 0, 1e-4);
        return difference;
    }

    private static double Difference(Tensor expected, float[] actual)
    {
        float[] wanted = expected.contiguous().data<float>().ToArray();
        Assert.Equal(wanted.Length, actual.Length);
        double largest = wanted.Max(Math.Abs);
        return wanted.Zip(actual, static (a, b) => Math.Abs((double)a - b)).Max() / largest;
    }

    public void Dispose() => _session.Dispose();
}
