using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace EndToEnd.Tests;

/// <summary>The trainer as a command: <c>finetune</c>.</summary>
public class CommandTests
{
    [Fact]
    public void Inspect_prints_the_indices_and_parameters_of_Kerass_VGG16()
    {
        using JsonDocument table = JsonDocument.Parse(Trainer.Run("inspect", "samples/Flowers17/flowers17.modelspec", "--json").Succeeded().StandardOutput);

        Assert.Equal(14_714_688, table.RootElement.GetProperty("backbone_parameters").GetInt64());
        JsonElement block5 = table.RootElement.GetProperty("layers")[15];
        Assert.Equal("block5_conv1", block5.GetProperty("name").GetString());
        Assert.False(block5.GetProperty("trains").GetProperty("warm-up").GetBoolean());
        Assert.True(block5.GetProperty("trains").GetProperty("fine-tune").GetBoolean());
        Assert.Equal(6_427_153, table.RootElement.GetProperty("stages")[0].GetProperty("trainable").GetInt64());
        Assert.Equal(14_714_688, table.RootElement.GetProperty("stages")[0].GetProperty("frozen").GetInt64());
    }

    [Fact]
    public void Fetch_lists_the_catalogue_and_names_what_is_not_in_it()
    {
        string folder = Directory.CreateTempSubdirectory("finetune").FullName;
        try
        {
            string listed = Trainer.Run("fetch", "--to", folder).Succeeded().Output;
            Assert.Matches("vgg16-397923af\\.pth  not here  https://", listed);
            Assert.Contains("'vgg19' is not in the catalogue", Trainer.Run("fetch", "vgg19", "--to", folder).Failed().Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Redirected_output_is_UTF8_whatever_the_system_speaks()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the console's code page is set by a variable on Unix only");
        string folder = Directory.CreateTempSubdirectory("finetune").FullName;
        try
        {
            string spec = Path.Combine(folder, "größe.modelspec");
            var latin1 = new Dictionary<string, string> { ["LC_ALL"] = "de_DE.ISO-8859-1" };

            CommandResult result = DotNet.Run(folder, latin1, "exec", Trainer.Assembly, "inspect", spec).Failed();

            Assert.Contains("größe.modelspec(1,1): error MSPEC3040", result.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Embed_prints_the_features_of_the_pretrained_backbone()
    {
        string? assets = Environment.GetEnvironmentVariable("MODELSPEC_ASSETS");
        Assert.SkipWhen(string.IsNullOrEmpty(assets), "no folder of MODELSPEC_ASSETS has flowers17/jpg");
        const string Spec = "samples/Flowers17/flowers17-mobilenet.modelspec";
        string[] photos = [.. ((string[])["0001", "0085"]).Select(number => Path.Combine(assets!, $"flowers17/jpg/image_{number}.jpg"))];
        string npz = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".npz");
        try
        {
            string output = Trainer.Run(["embed", Spec, .. photos, "--assets", assets!, "--pretrained", "--json", "--npz", npz]).Succeeded().StandardOutput;

            using JsonDocument json = JsonDocument.Parse(output);
            Assert.Equal(photos, json.RootElement.EnumerateArray().Select(static e => e.GetProperty("file").GetString()));
            float[][] features = [.. json.RootElement.EnumerateArray().Select(static e => e.GetProperty("features").EnumerateArray().Select(static x => x.GetSingle()).ToArray())];
            Assert.All(features, static row => Assert.Equal(768, row.Length));
            Assert.NotEqual(features[0], features[1]);

            // NumPy's float32 array: after a header that ends at a multiple of 64, the same numbers.
            using ZipArchive archive = ZipFile.OpenRead(npz);
            using var bytes = new MemoryStream();
            using (Stream entry = archive.GetEntry("features.npy")!.Open()) entry.CopyTo(bytes);
            Assert.Contains("'descr': '<f4', 'fortran_order': False, 'shape': (2, 768)", Encoding.ASCII.GetString(bytes.ToArray(), 0, 128), StringComparison.Ordinal);
            Assert.Equal(features.SelectMany(static row => row), MemoryMarshal.Cast<byte, float>(bytes.ToArray().AsSpan(128)).ToArray());

            string layer = Trainer.Run("embed", Spec, photos[0], "--assets", assets!, "--pretrained", "--layer", "conv_pw_5_relu").Succeeded().StandardOutput;
            Assert.Equal(1 + 192, layer.TrimEnd().Split('\t').Length);
        }
        finally
        {
            File.Delete(npz);
        }
        Assert.Contains("MSPEC3022", Trainer.Run("embed", Spec, photos[0], "--assets", assets!, "--pretrained", "--layer", "conv_pw_5_rleu").Failed().Output, StringComparison.Ordinal);
        Assert.Contains("MSPEC3024", Trainer.Run("embed", Spec, photos[0], "--assets", assets!, "--pretrained", "--layer", "head.fc1").Failed().Output, StringComparison.Ordinal);
        Assert.Contains("MSPEC3021", Trainer.Run("embed", Spec, photos[0], "--weights", npz).Failed().Output, StringComparison.Ordinal);
        Assert.Contains("MSPEC3025", Trainer.Run("embed", Spec, Spec, "--assets", assets!, "--pretrained").Failed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_lists_a_file_as_JSON_and_names_what_it_cannot_read()
    {
        const string Fixtures = "tests/Training.Tests/Fixtures/";
        using JsonDocument list = JsonDocument.Parse(Trainer.Run("weights", Fixtures + "keras3.weights.h5", "--json").Succeeded().StandardOutput);

        JsonElement kernel = list.RootElement.EnumerateArray().Single(static t => t.GetProperty("name").GetString() == "conv2d_1/kernel");
        Assert.Equal([6, 4, 3, 3], kernel.GetProperty("shape").EnumerateArray().Select(static d => d.GetInt32()));
        Assert.Equal("float32", kernel.GetProperty("type").GetString());
        Assert.Equal([600, 601, 602, 603], kernel.GetProperty("first").EnumerateArray().Select(static d => d.GetInt32()));

        CommandResult refused = Trainer.Run("weights", Fixtures + "hostile.pth", "--json").Failed();
        Assert.Empty(refused.StandardOutput.Trim());
        Assert.StartsWith(Fixtures + "hostile.pth: error MSPEC2002: ", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_and_augment_work_on_the_real_flowers()
    {
        string? assets = Environment.GetEnvironmentVariable("MODELSPEC_ASSETS");
        Assert.SkipWhen(string.IsNullOrEmpty(assets), "no folder of MODELSPEC_ASSETS has flowers17/jpg");
        string folder = Directory.CreateTempSubdirectory("finetune").FullName;
        try
        {
            string spec = Path.Combine(folder, "f.modelspec");
            string text = File.ReadAllText(Path.Combine(DotNet.RepositoryRoot, "samples/Flowers17/flowers17-mobilenet.modelspec"));
            File.WriteAllText(spec, text.Replace("input        = [224, 224]", "input = [96, 96]", StringComparison.Ordinal));
            string weights = Path.Combine(folder, "f.safetensors"), report = Path.Combine(folder, "r.json");

            Trainer.Run("train", spec, "--assets", assets!, "--report", report, "--cache", Path.Combine(folder, "cache")).Succeeded();
            CommandResult evaluation = Trainer.Run("evaluate", spec, "--assets", assets!, "--weights", weights, "--json", "--cache", Path.Combine(folder, "cache")).Succeeded();

            // At a quarter of the pixels, more than half of the answers are correct. The trained weights are the ones that are evaluated.
            using JsonDocument trained = JsonDocument.Parse(File.ReadAllText(report)), evaluated = JsonDocument.Parse(evaluation.StandardOutput);
            double accuracy = evaluated.RootElement[0].GetProperty("report").GetProperty("accuracy").GetDouble();
            Assert.Equal(trained.RootElement[0].GetProperty("report").GetProperty("accuracy").GetDouble(), accuracy);
            Assert.InRange(accuracy, 0.7, 1);

            // The warning about an unreadable image is not written to the output with the JSON.
            string[] classes = [.. evaluated.RootElement[0].GetProperty("report").EnumerateObject().Take(17).Select(static c => c.Name)];
            string data = FlowersWithOneUnreadable(assets!, classes, Path.Combine(folder, "flowers"));
            CommandResult withWarning = Trainer.Run("evaluate", spec, "--data", data, "--weights", weights, "--json", "--cache", Path.Combine(folder, "cache")).Succeeded();
            Assert.Contains("MSPEC1002", withWarning.Output, StringComparison.Ordinal);
            using JsonDocument ofFolder = JsonDocument.Parse(withWarning.StandardOutput);
            Assert.Equal(17 * 8, ofFolder.RootElement[0].GetProperty("report").GetProperty("macro avg").GetProperty("support").GetInt32());

            File.WriteAllText(spec, text.Replace("[backbone]", "[data.augment]\nrotation = 30\n\n[backbone]", StringComparison.Ordinal));
            string sheet = Path.Combine(folder, "sheet.png");
            Trainer.Run("augment", spec, "--assets", assets!, "--out", sheet, "--cache", Path.Combine(folder, "cache")).Succeeded();
            Assert.True(new FileInfo(sheet).Length > 100_000);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A folder with 8 images for each class; one of them also contains a file that is not an image.</summary>
    private static string FlowersWithOneUnreadable(string assets, string[] classes, string folder)
    {
        for (int c = 0; c < classes.Length; c++)
        {
            string of = Directory.CreateDirectory(Path.Combine(folder, classes[c])).FullName;
            for (int i = 1; i <= 8; i++)
            {
                string name = $"image_{80 * c + i:0000}.jpg";
                File.Copy(Path.Combine(assets, "flowers17/jpg", name), Path.Combine(of, name));
            }
        }
        File.WriteAllText(Path.Combine(folder, classes[0], "text.jpg"), "no image");
        return folder;
    }
}
