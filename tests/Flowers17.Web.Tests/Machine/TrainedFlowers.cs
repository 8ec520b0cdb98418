using System.Text.RegularExpressions;
using Blossoms;
using Browser.Tests;
using Flowers17;

namespace FlowersWeb.Tests;

/// <summary>
/// Weights for the sample's network, made in seconds: a head that has seen drawn blossoms, on the pretrained backbone or, where this machine
/// does not have its weights, on a random one. What it answers means nothing, but it is computed as with real weights.
/// </summary>
public sealed partial class TrainedFlowers : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finetune-web").FullName;

    /// <summary>Whether the backbone is pretrained. With a random one, all pictures look alike to the head.</summary>
    public static bool IsPretrained { get; } = (Environment.GetEnvironmentVariable("MODELSPEC_ASSETS") ?? "")
        .Split(';', StringSplitOptions.RemoveEmptyEntries)
        .Any(static assets => File.Exists(Path.Combine(assets, "weights", "efficientnet-lite0-57934424.pth")));

    /// <summary>The ONNX file.</summary>
    public string Weights { get; private set; } = "";

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        for (int label = 0; label < FlowerClassifier.Labels.Count; label++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder, "pictures", FlowerClassifier.Labels[label])).FullName;
            for (int i = 0; i < 2; i++) await File.WriteAllBytesAsync(Path.Combine(folder, $"{i}.png"), Picture(label, 100 + i));
        }
        const string name = "flowers17-efficientnet";
        string spec = Path.Combine(_folder, name + ".modelspec");
        await File.WriteAllTextAsync(spec, Shorten(await File.ReadAllTextAsync(Repository.File("samples", "Flowers17", name + ".modelspec"))));
        string[] common = [spec, "--cache", Path.Combine(_folder, "cache")];
        await RunAsync(["train", .. common, "--device", "cpu", "--precision", "fp32"]);
        await RunAsync(["export", .. common, "--format", "onnx", "--to", _folder]);
        Weights = Path.Combine(_folder, name + ".onnx");
    }

    /// <summary>A drawn blossom.</summary>
    public static byte[] Picture(int label, int seed) => BlossomPainter.Draw((BlossomKind)(label % 5), seed);

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Leaves what the class depends on: the network, its classes and its preprocessing.</summary>
    private static string Shorten(string spec)
    {
        string[] tables = spec.Split("\n[[stage]]");
        Assert.Equal(3, tables.Length);
        string text = Augmentation().Replace(tables[0], "", 1) + "\n[[stage]]" + tables[1];
        foreach ((string old, string replacement) in ((string, string)[])
        [
            ("source = \"flowers17\"", "source = \"pictures\""),
            ("train = 0.75, test = 0.25", "train = 0.5, test = 0.5"),
            ("weights      = \"imagenet\"", $"weights = \"{(IsPretrained ? "imagenet" : "none")}\"\npreprocess = \"efficientnet_lite\""),
            ("epochs = 40", "epochs = 8"),
        ])
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }
        return text;
    }

    private async Task RunAsync(string[] arguments)
    {
        CommandResult result = await Command.RunAsync("dotnet", _folder, ["exec", Repository.Trainer, .. arguments]);
        Assert.True(result.ExitCode == 0, result.Output);
    }

    [GeneratedRegex(@"\[data\.augment\].*?(?=\n\[)", RegexOptions.Singleline)]
    private static partial Regex Augmentation();
}
