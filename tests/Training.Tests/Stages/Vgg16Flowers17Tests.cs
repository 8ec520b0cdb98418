using System.Globalization;
using System.Text.Json;
using FineTune.Training;
using FineTune.Training.Assets;
using ModelSpec.Diagnostics;

namespace Training.Tests.Stages;

/// <summary>The main use case on a small scale: VGG16 with its ImageNet weights learns to tell flowers apart from a few photos of each kind.</summary>
public class Vgg16Flowers17Tests
{
    private const string Weights = "weights/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5";
    private const int PerClass = 8;

    private static readonly string[] Classes =
    [
        "daffodil", "snowdrop", "lily valley", "bluebell", "crocus", "iris", "tigerlily", "tulip", "fritillary", "sunflower", "daisy",
        "coltsfoot", "dandelion", "cowslip", "buttercup", "windflower", "pansy",
    ];

    [Fact]
    public void A_head_on_the_features_of_VGG16_learns_flowers_from_six_photos_of_each_kind()
    {
        AssetFolders assets = RealData.Require(Weights);
        string jpg = RealData.Require("flowers17/jpg").Find("flowers17/jpg")!;
        using var folder = new TemporaryFolder();
        for (int i = 0; i < PerClass * Classes.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"image_{i / PerClass * 80 + i % PerClass * 10 + 1:0000}.jpg");
            folder.Write($"flowers/{Classes[i / PerClass]}/{name}", File.ReadAllBytes(Path.Combine(jpg, name)));
        }
        string path = folder.Write("few.modelspec", $$"""
            [model]
            name = "FewFlowers"
            classes = [{{string.Join(", ", Classes.Select(static c => $"\"{c}\""))}}]

            [data]
            source = "flowers"
            split = { train = 0.75, test = 0.25 }

            [backbone]
            architecture = "vgg16"
            weights = "imagenet"

            [head]
            layers = ["global_average_pool", "linear(256)", "relu", "dropout(0.5)", "linear(17)", "softmax"]

            [[stage]]
            name = "warm-up"
            freeze = "backbone"
            epochs = 40
            optimizer = "adam"
            learning_rate = 0.001
            """);
        (SpecSource? spec, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Read(path, []);
        Assert.Empty(diagnostics);
        string report = folder["report.json"];
        var options = new FineTuningOptions(folder["few.safetensors"], "cpu", assets with { Cache = folder["cache"] }, report);

        new FineTuning(spec!, options, new RecordingLog()).Run(CancellationToken.None);

        // Guessing is right once in 17 times; 34 photos that were not trained on are looked at.
        double accuracy = JsonDocument.Parse(File.ReadAllText(report)).RootElement[0].GetProperty("report").GetProperty("accuracy").GetDouble();
        Assert.InRange(accuracy, 0.6, 1);
    }
}
