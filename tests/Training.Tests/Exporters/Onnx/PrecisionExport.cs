using FineTune.Images;
using FineTune.Inference;
using FineTune.Parity;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Exporters.Onnx;
using FineTune.Training.Exporters.Onnx.Format;
using FineTune.Training.Modules;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Exporters.Onnx;

/// <summary>
/// An export of a module's network in a lower precision. Its images are random blots, and their classes what the module itself answers, so that
/// float32 is right about all of them.
/// </summary>
internal sealed class PrecisionExport : IPartReport
{
    private readonly NetworkModule _module;
    private readonly PreparedImage[] _images;

    public PrecisionExport(NetworkModule module, int images)
    {
        _module = module;
        module.eval();
        var size = new ImageSize(module.Network.InputHeight, module.Network.InputWidth);
        byte[][] pixels = [.. Enumerable.Range(0, images).Select(i => Blots(size, i))];
        int[] classes = Centre(pixels);
        _images = [.. pixels.Select((image, i) => new PreparedImage($"{i}", classes[i], image))];
    }

    /// <summary>What the exporter measured.</summary>
    public Dictionary<string, double> Figures { get; } = [];

    /// <summary>What it told people.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Whether the dataset has no images.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Whether the file was begun.</summary>
    public bool IsCreated { get; private set; }

    /// <summary>Runs the exporter.</summary>
    /// <returns>The file; empty if nothing was written.</returns>
    public byte[] Run(string precision, string form = "tensor", double maxDrop = 1)
    {
        var file = new MemoryStream();
        Dictionary<string, string> metadata = new(WeightsMeanings.Of(_module.Network).ToMetadata()) { [GoldenAnswers.Key] = GoldenAnswers.Format(Logits(CheckImage.Create(Size)).Select(static x => (double)x)) };
        new OnnxExporter().Export(new ExportContext
        {
            Folder = ".",
            SpecName = "net",
            Classes = [.. _module.Network.Classes.Select(static c => c.Text)],
            Values = OnnxRun.ValuesOf(form, precision, maxDrop),
            Report = this,
            Cancellation = CancellationToken.None,
            Model = OnnxRun.ModelOf(_module, metadata),
            Create = _ =>
            {
                IsCreated = true;
                return file;
            },
            Images = _ => IsEmpty ? [] : _images,
            Record = (name, value) => Figures[name] = value,
        });
        return file.ToArray();
    }

    /// <summary>The operators that ONNX Runtime makes of a file for this processor.</summary>
    public static IReadOnlyList<NodeProto> Optimize(byte[] model)
    {
        using var folder = new TemporaryFolder();
        using var options = new SessionOptions
        {
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            OptimizedModelFilePath = folder["optimized.onnx"],
        };
        new InferenceSession(model, options).Dispose();
        return ModelProto.Parser.ParseFrom(System.IO.File.ReadAllBytes(folder["optimized.onnx"])).Graph.Node;
    }

    public void Line(string text) => Lines.Add(text);

    public void Warn(string message, string? key = null) => throw new InvalidOperationException(message);

    private ImageSize Size => new(_module.Network.InputHeight, _module.Network.InputWidth);

    /// <summary>The answers of the module, whose last biases are moved first so that no class is the answer to all.</summary>
    private int[] Centre(byte[][] pixels)
    {
        using IDisposable noGradient = no_grad();
        float[][] logits = [.. pixels.Select(Logits)];
        float[] means = [.. Enumerable.Range(0, logits[0].Length).Select(c => logits.Average(row => row[c]))];
        Tensor bias = _module.Weights().Last(static weight => weight.Key.EndsWith("bias", StringComparison.Ordinal)).Value;
        using Tensor shift = tensor(means);
        bias.sub_(shift);
        return [.. logits.Select(row => Array.IndexOf([.. row.Zip(means, static (logit, mean) => logit - mean)], row.Zip(means, static (logit, mean) => logit - mean).Max()))];
    }

    private float[] Logits(byte[] pixels)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor image = tensor(pixels, [1, Size.Height, Size.Width, 3], ScalarType.Byte);
        return _module.call(PixelTransforms.Of(_module.Network).Apply(image)).contiguous().data<float>().ToArray();
    }

    private static byte[] Blots(ImageSize size, int seed)
    {
        byte[] pixels = new byte[size.Bytes];
        for (int i = 0; i < pixels.Length; i++)
        {
            int column = i / 3 % size.Width, row = i / 3 / size.Width;
            // Squares of 8 by 8 pixels, brighter or darker as a whole from image to image.
            long blot = (row / 8 * 1000 + column / 8) * 3 + i % 3;
            pixels[i] = (byte)(255 * Math.Pow(CounterHash.Uniform(seed + 1, blot), 0.3 + 2 * CounterHash.Uniform(seed + 1, 1_000_000 + i % 3)));
        }
        return pixels;
    }
}
