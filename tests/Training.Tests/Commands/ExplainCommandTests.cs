using System.Text.Json;
using FineTune;
using FineTune.Training;
using FineTune.Training.Commands;
using FineTune.Training.Modules;
using FineTune.Weights;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Commands;

public class ExplainCommandTests
{
    private static readonly string SpecFile = Path.Combine(AppContext.BaseDirectory, "Specs", "mirrored.modelspec");

    static ExplainCommandTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void Its_heat_and_its_overlay_are_those_of_the_generated_class()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder), photo = Picture(folder, "photo.png", 1);
        using MirroredClassifier generated = MirroredClassifier.Load(weights);
        Explanation<MirroredLabel> expected = generated.Explain(photo);

        (int code, string output, _) = Run([SpecFile, photo, "--out", folder["new/overlay.png"], "--weights", weights, "--device", "cpu", "--json"]);

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement result = Assert.Single(json.RootElement.EnumerateArray());
        JsonElement heat = result.GetProperty("heat");
        Assert.Equal(MirroredClassifier.Labels[(int)expected.Label], result.GetProperty("label").GetString());
        Assert.Equal((expected.Heat.Width, expected.Heat.Height), (heat.GetProperty("width").GetInt32(), heat.GetProperty("height").GetInt32()));
        float[] values = [.. heat.GetProperty("values").EnumerateArray().Select(static value => value.GetSingle())];
        foreach ((float wanted, float value) in expected.Heat.Values.ToArray().Zip(values)) Assert.Equal(wanted, value, 1e-4f);
        Assert.Equal(1f, values.Max());
        Assert.Equal(expected.Heat.Region.Left, result.GetProperty("region").GetProperty("left").GetDouble(), 1e-9);
        Assert.Equal("grad-cam", result.GetProperty("method").GetString());
        using SKBitmap overlay = SKBitmap.Decode(folder["new/overlay.png"]), reference = SKBitmap.Decode(expected.EncodePng());
        Assert.Equal((131, 100), (overlay.Width, overlay.Height));
        for (int x = 0; x < 131; x += 10) Assert.InRange(Math.Abs(overlay.GetPixel(x, 50).Green - reference.GetPixel(x, 50).Green), 0, 2);
    }

    [Fact]
    public void Several_images_go_into_a_folder_under_names_of_their_own()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder);
        string one = Picture(folder, "a/photo.png", 1), two = Picture(folder, "b/photo.png", 2);

        (int code, string output, _) = Run([SpecFile, one, two, "--out", folder["overlays"], "--label", "right", "--weights", weights, "--device", "cpu"]);

        Assert.Equal(0, code);
        Assert.Equal(["photo-2.png", "photo.png"], Directory.GetFiles(folder["overlays"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal([one, two], lines.Select(static line => line.Split('\t')[0]));
        Assert.All(lines, static line => Assert.StartsWith("right ", line.Split('\t')[2], StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told_and_does_not_stop_the_others()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder);
        string broken = folder.Write("broken.jpg", "no image"), good = Picture(folder, "good.png", 1);

        (int code, _, string error) = Run([SpecFile, broken, good, "--out", folder["overlays"], "--weights", weights, "--device", "cpu", "--json"]);

        Assert.Equal(1, code);
        Assert.Contains($"{broken}: error MSPEC3090: ", error, StringComparison.Ordinal);
        Assert.Contains("error MSPEC3091: 1 of 2 files", error, StringComparison.Ordinal);
        Assert.True(File.Exists(folder["overlays/good.png"]));
    }

    [Theory]
    [InlineData("MSPEC3081", "its classes are: left, right", "overlay.png", "--label", "up")]
    [InlineData("MSPEC3083", ".png, .jpg or .jpeg", "overlay.gif")]
    [InlineData("MSPEC3083", "2 images", "overlay.png", "photo.png")]
    [InlineData("MSPEC3092", "names an image", "overlays", "none/*.png")]
    public void What_cannot_be_done_is_said(string code, string text, string output, params string[] more)
    {
        using var folder = new TemporaryFolder();
        string photo = Picture(folder, "photo.png", 1);
        string[] files = code == "MSPEC3092" ? [folder["none/*.png"]] : more is ["photo.png"] ? [photo, photo] : [photo];
        string[] options = more is ["--label", _] ? more : [];

        (int exit, _, string error) = Run([SpecFile, .. files, "--out", folder[output], .. options, "--json"]);

        Assert.Equal(1, exit);
        Assert.Contains($"error {code}", error, StringComparison.Ordinal);
        Assert.Contains(text, error, StringComparison.OrdinalIgnoreCase);
    }

    private static string WriteWeights(TemporaryFolder folder)
    {
        SpecSource spec = Reference.Spec("mirrored.modelspec");
        using DisposeScope scope = NewDisposeScope();
        using var module = new NetworkModule(spec.Network);
        using (no_grad())
        {
            // Numbers that no other test changes.
            var generator = new Generator(3);
            foreach ((_, Tensor tensor) in module.Weights())
            {
                if (tensor.dim() >= 2) tensor.copy_(randn(tensor.shape, generator: generator) * Math.Sqrt(2.0 / tensor[0].numel()));
            }
        }
        SafetensorsWriter.Write(folder["trained.safetensors"], module.Weights(), WeightsMeanings.Of(spec.Network).ToMetadata());
        return folder["trained.safetensors"];
    }

    /// <summary>A picture whose left and right differ.</summary>
    private static string Picture(TemporaryFolder folder, string name, int seed)
    {
        using var bitmap = new SKBitmap(130 + seed, 100);
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++) bitmap.SetPixel(x, y, new SKColor((byte)(2 * x), (byte)(y + 13 * seed), (byte)(x * y / (seed + 1))));
        }
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return folder.Write(name, png.ToArray());
    }

    private static (int Code, string Output, string Error) Run(string[] arguments)
    {
        (TextWriter console, TextWriter errors) = (Console.Out, Console.Error);
        using StringWriter output = new(), error = new();
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            int code = new ExplainCommand(static () => Stream.Null).Parse(arguments).Invoke();
            return (code, output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(console);
            Console.SetError(errors);
        }
    }
}
