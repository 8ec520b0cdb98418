using System.Globalization;
using Blossoms;
using FineTune;
using FineTune.Inference;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Locks;
using FineTune.Training.Plugins;
using FineTune.Training.Predictions;
using ModelSpec.Diagnostics;
using SkiaSharp;
using TorchSharp;

namespace Training.Tests.Predictions;

/// <summary>A network that was trained on drawn blossoms looks at the blossom, wherever it is.</summary>
public class MovingObjectTests
{
    private const int Height = 32, Width = 64;

    /// <summary>The third class is what a blossom stands out from: an answer cannot come from the background.</summary>
    private const string Spec = """
        [model]
        name = "MeadowClassifier"
        classes = ["daisy", "tulip", "nothing"]
        seed = 7

        [data]
        source = "pictures"
        split = { train = 0.9, test = 0.1 }

        [backbone]
        architecture = "meadow"
        weights = "none"

        [head]
        layers = ["global_average_pool", "linear(3)", "softmax"]

        [[stage]]
        name = "all"
        freeze = "none"
        epochs = 8
        batch_size = 16
        optimizer = "adamw"
        learning_rate = 0.01
        """;

    private const string Backbone = """
        name = "meadow"
        input = [32, 64]
        preprocess = "unit"
        layers = [
          { name = "input", type = "input" },
          { name = "conv1", type = "conv2d", filters = 12, kernel = 3, bias = false },
          { name = "bn1", type = "batch_norm" },
          { name = "relu1", type = "relu" },
          { name = "pool1", type = "max_pool" },
          { name = "conv2", type = "conv2d", filters = 24, kernel = 3, bias = false },
          { name = "bn2", type = "batch_norm" },
          { name = "relu2", type = "relu" },
          { name = "pool2", type = "max_pool" },
          { name = "conv3", type = "conv2d", filters = 24, kernel = 3, bias = false },
          { name = "bn3", type = "batch_norm" },
          { name = "relu3", type = "relu" },
        ]
        """;

    [Fact]
    public void The_heat_moves_with_the_blossom()
    {
        using var folder = new TemporaryFolder();
        using SpecClassifier classifier = Train(folder);
        List<(double Left, double Right)> centres = [];
        int right = 0;
        foreach (BlossomKind kind in (BlossomKind[])[BlossomKind.Daisy, BlossomKind.Tulip])
        {
            int label = kind == BlossomKind.Daisy ? 0 : 1;
            for (int seed = 5000; seed < 5010; seed++)
            {
                byte[] atLeft = Pixels(kind, seed, 2), atRight = Pixels(kind, seed, Width - Height - 2);
                right += Answer(classifier, atLeft) == label ? 1 : 0;
                right += Answer(classifier, atRight) == label ? 1 : 0;
                centres.Add((Centre(classifier.Explain(atLeft, label)), Centre(classifier.Explain(atRight, label))));
            }
        }

        Assert.InRange(right, 30, 40);
        // As shares of the width. The blossoms' own are 0.28 and 0.72. Heat that does not move has the same centre twice.
        Assert.InRange(centres.Average(static pair => pair.Left), 0.15, 0.45);
        Assert.InRange(centres.Average(static pair => pair.Right), 0.55, 0.85);
        Assert.InRange(centres.Count(static pair => pair.Left < pair.Right), 15, 20);
    }

    private static SpecClassifier Train(TemporaryFolder folder)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            int left = seed * 5 % (Width - Height + 1);
            string name = string.Create(CultureInfo.InvariantCulture, $"{seed:00}.png");
            folder.Write($"pictures/daisy/{name}", Picture(BlossomKind.Daisy, seed, left));
            folder.Write($"pictures/tulip/{name}", Picture(BlossomKind.Tulip, seed, left));
            folder.Write($"pictures/nothing/{name}", Picture(null, seed, left));
        }
        string backbone = folder.Write("meadow.backbone", Backbone);
        (SpecSource? spec, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Read(folder.Write("meadow.modelspec", Spec), [backbone], PartRegistry.BuiltIn);
        Assert.Empty(diagnostics);
        string weights = folder["meadow.safetensors"];
        var log = new RecordingLog();
        new FineTuning(spec!, new FineTuningOptions(weights, "cpu", new AssetFolders([], folder["cache"]), Precision: "fp32"), log).Run(TestContext.Current.CancellationToken);
        return SpecClassifier.Load(spec!, weights, torch.CPU, log);
    }

    /// <summary>Where the heat is, from left to right, as a share of the width.</summary>
    private static double Centre(NetworkHeat heat)
    {
        float[] values = heat.Values;
        double all = values.Sum(static value => (double)value);
        return values.Select((value, i) => value * (i % heat.Width + 0.5) / heat.Width).Sum() / all;
    }

    private static int Answer(SpecClassifier classifier, byte[] pixels)
    {
        double[] probabilities = classifier.Classify(pixels, 1);
        return Array.IndexOf(probabilities, probabilities.Max());
    }

    private static byte[] Pixels(BlossomKind kind, int seed, int left)
    {
        using SKBitmap bitmap = Draw(kind, seed, left);
        return [.. bitmap.Pixels.SelectMany(static pixel => (byte[])[pixel.Red, pixel.Green, pixel.Blue])];
    }

    private static byte[] Picture(BlossomKind? kind, int seed, int left)
    {
        using SKBitmap bitmap = Draw(kind, seed, left);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>A dark, noisy meadow with a blossom in a square of its height, or without one.</summary>
    private static SKBitmap Draw(BlossomKind? kind, int seed, int left)
    {
        var random = new Random(seed);
        var bitmap = new SKBitmap(Width, Height);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++) bitmap.SetPixel(x, y, new SKColor((byte)random.Next(30, 60), (byte)random.Next(50, 90), (byte)random.Next(30, 60)));
        }
        if (kind is not { } drawn) return bitmap;
        using SKBitmap blossom = SKBitmap.Decode(BlossomPainter.Draw(drawn, seed));
        using SKBitmap small = blossom.Resize(new SKImageInfo(Height, Height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var canvas = new SKCanvas(bitmap);
        canvas.DrawBitmap(small, left, 0, SKSamplingOptions.Default);
        return bitmap;
    }
}
