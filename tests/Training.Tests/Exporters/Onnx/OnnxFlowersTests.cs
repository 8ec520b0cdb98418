using FineTune.Images;
using FineTune.Inference;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Modules;
using FineTune.Training.Weights;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Exporters.Onnx;

/// <summary>
/// The test part of Flowers-17 and MobileNet's real weights: its head answers with the class whose photos have the nearest mean of features, so that
/// answers mean something without a training.
/// </summary>
public class OnnxFlowersTests
{
    private const string Weights = "weights/mobilenet_7_5_224_tf_no_top.h5";
    private const int Batch = 20;

    static OnnxFlowersTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void The_whole_test_part_gets_the_same_answers_and_photos_of_any_size_nearly_the_same()
    {
        AssetFolders assets = RealData.Require(Weights);
        RealData.Require("flowers17/jpg");
        SpecSource spec = Spec();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var module = new NetworkModule(spec.Network);
        BackboneWeights.Load(assets.Find(Weights)!, module, spec);
        module.eval();
        using var client = new HttpClient();
        var log = new RecordingLog();
        IReadOnlyList<LabeledImage> images = new DatasetLoader(assets, new Downloader(assets, log, client), log).Load(spec).Test;
        Tensor input = Prepare(images, spec);
        Tensor features = cat([.. input.split(Batch).Select(part => module.Forward(part, 0, module.Network.BodyLength).mean([2, 3]))]);
        SetHead(module, features, [.. images.Select(static image => image.Class)]);
        Tensor logits = module.Forward(features.unsqueeze(-1).unsqueeze(-1), module.Network.BodyLength, module.Network.Layers.Count);
        long[] wanted = logits.argmax(1).data<long>().ToArray();
        Assert.InRange(wanted.Zip(images).Count(static pair => pair.First == pair.Second.Class), 0.85 * images.Count, images.Count);
        double largest = logits.abs().max().item<float>();

        using var run = new OnnxRun(OnnxRun.Export(module));
        float[] actual = [.. input.split(Batch).SelectMany(part => run.Run(part).Logits)];
        float[] expected = logits.data<float>().ToArray();

        Assert.Equal(wanted, Answers(actual, 17));
        Assert.InRange(actual.Zip(expected, static (a, b) => Math.Abs((double)a - b)).Max(), 0, 1e-4 * largest);

        // Every fifth photo as it is: the classifiers decode large ones at a smaller scale, so pixels differ a little.
        using var whole = new OnnxRun(OnnxRun.Export(module, "pixels"));
        int[] some = [.. Enumerable.Range(0, images.Count / 5).Select(static i => 5 * i)];
        float[][] answers = [.. some.Select(i => Run(whole, images[i].Path))];
        int same = some.Zip(answers).Count(pair => Answers(pair.Second, 17)[0] == wanted[pair.First]);
        double worst = some.Zip(answers).Max(pair => pair.Second.Select((logit, c) => Math.Abs((double)logit - expected[17 * pair.First + c])).Max()) / largest;
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{same} of {some.Length} photos have the same answer, logits differ by {worst:0.0000} of the largest"));
        Assert.InRange(same, some.Length - 1, some.Length);
        Assert.InRange(worst, 0, 0.05);
    }

    private static SpecSource Spec()
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Specs", "mobilenet.modelspec"))
            .Replace("\"linear(256)\", \"relu\", \"dropout(0.5)\", \"linear(17)\", \"softmax\"", "\"linear(17)\"", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        return SpecSource.Read(folder.Write("flowers.modelspec", text), []).Source!;
    }

    private static Tensor Prepare(IReadOnlyList<LabeledImage> images, SpecSource spec)
    {
        Tensor pixels = zeros([images.Count, 224, 224, 3], ScalarType.Byte);
        for (int i = 0; i < images.Count; i++)
        {
            using Tensor image = pixels[i];
            ImageDecoder.Decode(File.ReadAllBytes(images[i].Path), new ImageSize(224, 224), image.bytes);
        }
        return PixelTransforms.Of(spec.Network).Apply(pixels);
    }

    /// <summary>The logit of a class is larger the nearer a photo's features are to the mean of the class: <c>x · m - m · m / 2</c>.</summary>
    private static void SetHead(NetworkModule module, Tensor features, long[] labels)
    {
        var linear = (TorchSharp.Modules.Linear)module[module.Network.Layers[^1]]!;
        using Tensor classes = tensor(labels);
        for (int c = 0; c < 17; c++)
        {
            using Tensor mean = features[classes.eq(c)].mean([0]);
            linear.weight[c].copy_(mean);
            linear.bias![c].copy_(mean.dot(mean).div(-2));
        }
    }

    private static float[] Run(OnnxRun run, string path)
    {
        using SKBitmap decoded = SKBitmap.Decode(path);
        using SKBitmap bitmap = decoded.Copy(SKColorType.Rgba8888);
        byte[] pixels = new byte[bitmap.Width * bitmap.Height * 3];
        ReadOnlySpan<byte> source = bitmap.GetPixelSpan();
        for (int i = 0; i < bitmap.Width * bitmap.Height; i++) source.Slice(i / bitmap.Width * bitmap.RowBytes + i % bitmap.Width * 4, 3).CopyTo(pixels.AsSpan(3 * i));
        return run.Run(pixels, 1, bitmap.Height, bitmap.Width, 3).Logits;
    }

    private static long[] Answers(float[] logits, int classes) => [.. logits.Chunk(classes).Select(static row => (long)Array.IndexOf(row, row.Max()))];
}
