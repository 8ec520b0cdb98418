using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Training.Modules;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Benchmarks;

/// <summary>
/// One prediction from JPEG bytes compared with a forward pass of the network, 16 concurrent callers compared with batches of 16, and the
/// time that an application waits at its start.
/// </summary>
internal sealed class Predictions : Command
{
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 15 };

    public Predictions()
        : base("predict", "Predictions, alone and together.")
    {
        Add(_rounds);
        SetAction(parse => Measure(parse.GetValue(_rounds)));
    }

    private static void Measure(int rounds)
    {
        NativeLibraries.Load();
        byte[][] files = [.. Directory.GetFiles(Path.Combine(FlowerFolder.Assets, "flowers17/jpg"), "*.jpg").Order(StringComparer.Ordinal).Take(64).Select(File.ReadAllBytes)];
        using Vgg16Classifier vgg = Vgg16Classifier.Load();
        Tell("VGG16", "vgg16", vgg, rounds, files);
        using MobileNetClassifier mobilenet = MobileNetClassifier.Load();
        Tell("MobileNet 0.75", "mobilenet", mobilenet, rounds, files);
        TellStart(Path.Combine(FlowerFolder.Assets, "flowers17/jpg/image_0001.jpg"));
    }

    private static void Tell<TLabel>(string name, string spec, ImageClassifier<TLabel> classifier, int rounds, byte[][] files)
        where TLabel : struct, Enum
    {
        Network network = Specs.Network(spec);
        using var module = new NetworkModule(network);
        module.eval();
        using InferenceNetwork fused = module.ForInference(0, network.Layers.Count, ScalarType.Float32);
        using Tensor image = classifier.PixelTransform.Apply(randint(0, 256, [1, 224, 224, 3], ScalarType.Byte));
        IReadOnlyList<Measurement> times = Commands.Interleave(rounds,
            ("forward", () => Forward(classifier, image)),
            ("fused", () => fused.Forward(image).Dispose()),
            ("Predict(JPEG)", () => classifier.Predict(files[0])));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: forward {1000 * times[0].Median:0.0} ms layer by layer, {1000 * times[1].Median:0.0} ms fused, Predict from JPEG bytes {1000 * times[2].Median:0.0} ms, ratio {times[2].Median / times[0].Median:0.00} and {times[2].Median / times[1].Median:0.00}"));

        // Both decode, and both run the fused network. The difference is batching by the caller or by the batcher.
        IReadOnlyList<Measurement> together = Commands.Interleave(Math.Max(3, rounds / 3),
            ("explicit batches", () => CallInBatches(classifier, fused, files)),
            ("16 callers", () => CallAsync(classifier, files).GetAwaiter().GetResult()));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: explicit batches of 16 {files.Length / together[0].Median:0.0} images/s, 16 callers {files.Length / together[1].Median:0.0} images/s, ratio {together[0].Median / together[1].Median:0.00}"));
    }

    private static void Forward<TLabel>(ImageClassifier<TLabel> classifier, Tensor images)
        where TLabel : struct, Enum
    {
        using IDisposable none = inference_mode();
        classifier.call(images).Dispose();
    }

    private static void CallInBatches<TLabel>(ImageClassifier<TLabel> classifier, InferenceNetwork network, byte[][] files)
        where TLabel : struct, Enum
    {
        int bytes = classifier.InputSize.Bytes;
        byte[] pixels = new byte[16 * bytes];
        for (int start = 0; start < files.Length; start += 16)
        {
            Parallel.For(0, 16, i => ImageDecoder.Decode(files[start + i], classifier.InputSize, pixels.AsSpan(i * bytes, bytes), resize: classifier.Resize));
            using Tensor batch = empty([16, 224, 224, 3], dtype: ScalarType.Byte);
            batch.bytes = pixels;
            using Tensor input = classifier.PixelTransform.Apply(batch);
            network.Forward(input).Dispose();
        }
    }

    private static async Task CallAsync<TLabel>(ImageClassifier<TLabel> classifier, byte[][] files)
        where TLabel : struct, Enum
    {
        await using var batcher = new PredictionBatcher<TLabel>(classifier, largestBatch: 16, TimeSpan.FromMilliseconds(20));
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < files.Length; i = Interlocked.Increment(ref next)) await batcher.PredictAsync(files[i]);
        })));
    }

    /// <summary>The time of starting with and without the check in <c>Load()</c>.</summary>
    private static void TellStart(string image)
    {
        foreach (string[] options in (string[][])[[], ["--no-check"], ["--mobilenet"], ["--mobilenet", "--no-check"]])
        {
            List<double[]> runs = [];
            for (int i = 0; i < 6; i++)
            {
                string[] words = Commands.Run(".", Environment.ProcessPath!, ["load-once", image, .. options]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                if (i > 0) runs.Add([.. words.Where((_, w) => w % 2 == 1).Select(static w => double.Parse(w, CultureInfo.InvariantCulture))]);
            }
            double[] medians = [.. Enumerable.Range(0, 4).Select(k => runs.Select(r => r[k]).Order().ElementAt(2))];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"a fresh process {string.Join(' ', options)}: libtorch {medians[0]:0.000} s, Load() {medians[1]:0.000} s, first prediction {medians[2]:0.000} s, later ones {medians[3]:0.000} s: from Load() to the first prediction {medians[1] + medians[2]:0.000} s"));
        }
    }
}
