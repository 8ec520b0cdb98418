using System.Globalization;

namespace Browser.Tests;

/// <summary>A trained network in both forms of the exporter <c>onnx</c>.</summary>
/// <param name="Tensor">The file of the form <c>tensor</c>, which generated classes load.</param>
/// <param name="Pixels">The file of the form <c>pixels</c>, which the page loads.</param>
internal sealed record TrainedModel(string Tensor, string Pixels)
{
    /// <summary>Trains a spec of a sample for some seconds and exports it, as a user does with the command <c>finetune</c>.</summary>
    /// <param name="folder">Where the files go; the folder <c>pictures</c> in it has the training pictures.</param>
    /// <param name="spec">The spec of the sample.</param>
    /// <param name="backbone">A backbone of the sample, or null.</param>
    /// <param name="changes">What is different from the sample.</param>
    public static async Task<TrainedModel> TrainAsync(string folder, string spec, string? backbone, params (string Old, string New)[] changes)
    {
        string text = await File.ReadAllTextAsync(spec);
        foreach ((string old, string replacement) in changes)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }
        string name = Path.GetFileNameWithoutExtension(spec), copy = Path.Combine(folder, name + ".modelspec");
        await File.WriteAllTextAsync(copy, text);
        string[] common = [copy, "--cache", Path.Combine(folder, "cache"), .. backbone is null ? (string[])[] : ["--backbone", backbone]];
        await RunAsync(["train", .. common, "--device", "cpu", "--precision", "fp32"]);
        await RunAsync(["export", .. common, "--format", "onnx", "--to", folder]);
        await RunAsync(["export", .. common, "--format", "onnx", "--set", "form=pixels", "--to", folder]);
        return new TrainedModel(Path.Combine(folder, name + ".onnx"), Path.Combine(folder, name + ".pixels.onnx"));

        async Task RunAsync(string[] arguments)
        {
            CommandResult result = await Command.RunAsync("dotnet", folder, ["exec", Repository.Trainer, .. arguments]);
            Assert.True(result.ExitCode == 0, result.Output);
        }
    }

    /// <summary>Draws pictures of each kind of blossom: <c>pictures/kind/NN.png</c>.</summary>
    public static void DrawBlossoms(string folder, int count)
    {
        foreach (Blossoms.BlossomKind kind in Enum.GetValues<Blossoms.BlossomKind>())
        {
            string target = Directory.CreateDirectory(Path.Combine(folder, "pictures", kind.ToString())).FullName;
            for (int seed = 0; seed < count; seed++)
            {
                File.WriteAllBytes(Path.Combine(target, seed.ToString("00", CultureInfo.InvariantCulture) + ".png"), Blossoms.BlossomPainter.Draw(kind, seed));
            }
        }
    }
}
