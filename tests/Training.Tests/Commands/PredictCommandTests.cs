using System.Globalization;
using System.Text;
using System.Text.Json;
using FineTune;
using FineTune.Training;
using FineTune.Training.Commands;
using FineTune.Training.Modules;
using FineTune.Training.Predictions;
using FineTune.Weights;
using SkiaSharp;
using Spectre.Console;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Commands;

public class PredictCommandTests
{
    private static readonly string SpecFile = Path.Combine(AppContext.BaseDirectory, "Specs", "mirrored.modelspec");

    static PredictCommandTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void Its_answers_are_those_of_the_generated_class()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder);
        // More than one batch, and a size that has to be resized and cropped.
        string[] photos = [.. Enumerable.Range(0, SpecClassifier.LargestBatch + 3).Select(i => Picture(folder, $"photos/{i:00}.png", i))];
        using MirroredClassifier generated = MirroredClassifier.Load(weights);
        Prediction<MirroredLabel>[] expected = [.. generated.Predict(photos)];
        Assert.True(generated.Mirror);
        Assert.InRange(expected.Max(static p => p.Confidence) - expected.Min(static p => p.Confidence), 0.01f, 1f);

        (int code, string output, _) = Run([SpecFile, folder["photos"], "--weights", weights, "--top", "3", "--format", "json", "--device", "cpu"]);

        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] answers = [.. json.RootElement.EnumerateArray()];
        Assert.Equal(photos, answers.Select(static a => a.GetProperty("file").GetString()));
        foreach ((JsonElement answer, Prediction<MirroredLabel> prediction) in answers.Zip(expected))
        {
            Assert.Equal(MirroredClassifier.Labels[(int)prediction.Label], answer.GetProperty("label").GetString());
            float[] scores = [.. answer.GetProperty("top").EnumerateArray().Select(static t => t.GetProperty("confidence").GetSingle())];
            Assert.Equal(3, scores.Length);
            foreach ((float score, LabelScore<MirroredLabel> wanted) in scores.Zip(prediction.Ranking)) Assert.Equal(wanted.Score, score, 1e-5f);
        }

        string once = folder.Write("once.modelspec", File.ReadAllText(SpecFile).Replace("mirror = true", "mirror = false", StringComparison.Ordinal));
        (_, output, _) = Run([once, folder["photos"], "--weights", weights, "--format", "json", "--device", "cpu"]);
        using JsonDocument other = JsonDocument.Parse(output);
        float[] withoutMirror = [.. other.RootElement.EnumerateArray().Select(static a => a.GetProperty("confidence").GetSingle())];
        Assert.Contains(withoutMirror.Zip(expected), static pair => Math.Abs(pair.First - pair.Second.Confidence) > 1e-4f);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told_and_does_not_stop_the_others()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder);
        string good = Picture(folder, "a, b.png", 1), broken = folder.Write("broken.jpg", "no image"), missing = folder["missing.png"];

        (int code, string output, string error) = Run([SpecFile, broken, missing, good, "--weights", weights, "--format", "csv", "--device", "cpu"]);

        Assert.Equal(1, code);
        string[] rows = output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("file,label,confidence,certain,error", rows[0]);
        Assert.StartsWith($"{broken},,,", rows[1], StringComparison.Ordinal);
        Assert.StartsWith($"\"{good}\",", rows[3], StringComparison.Ordinal);
        Assert.InRange(float.Parse(rows[3].Split(',')[^3], CultureInfo.InvariantCulture), 1 / 3f, 1f);
        Assert.Contains($"{broken}: error MSPEC3090: ", error, StringComparison.Ordinal);
        Assert.Contains($"{missing}: error MSPEC3090: ", error, StringComparison.Ordinal);
        Assert.Contains("error MSPEC3091: 2 of 3 files", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_has_an_image_or_a_list_of_paths()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder);
        string one = Picture(folder, "one.png", 1), two = Picture(folder, "two.png", 2);

        (int code, string output, _) = Run([SpecFile, "-", "--weights", weights, "--device", "cpu"], File.ReadAllBytes(one));
        Assert.Equal(0, code);
        Assert.StartsWith("-\t", Assert.Single(Lines(output)), StringComparison.Ordinal);

        (code, output, _) = Run([SpecFile, "-", "--weights", weights, "--device", "cpu"], Encoding.UTF8.GetBytes($"{one}\r\n\n{two}"));
        Assert.Equal(0, code);
        Assert.Equal([one, two], Lines(output).Select(static line => line.Split('\t')[0]));
    }

    [Fact]
    public void Arguments_are_files_folders_and_patterns()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["photos/b.jpg", "photos/a/c.PNG", "photos/a/notes.txt", "d.jpg"]) folder.Write(name, "");
        var arguments = new ImageArguments(static () => Stream.Null);

        Assert.Equal(Names("photos/a/c.PNG", "photos/b.jpg"), Listed(folder["photos"]));
        Assert.Equal(Names("photos/b.jpg"), Listed(folder["photos/**/*.jpg"]));
        Assert.Equal(Names("d.jpg", "none.jpg"), Listed(folder["d.jpg"], folder["none.jpg"]));
        Assert.Empty(Listed(folder["none/*.jpg"]));

        string[] Names(params string[] names) => [.. names.Select(name => folder[name])];
        string[] Listed(params string[] given) => [.. arguments.List(given).Select(static image => image.Path)];
    }

    [Fact]
    public void A_folder_without_images_is_an_error()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder);
        Directory.CreateDirectory(folder["empty"]);

        (int code, _, string error) = Run([SpecFile, folder["empty"], "--weights", weights, "--device", "cpu"]);

        Assert.Equal(1, code);
        Assert.Contains("error MSPEC3092", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_spec_are_refused()
    {
        using var folder = new TemporaryFolder();
        string weights = WriteWeights(folder);
        string other = folder.Write("other.modelspec", File.ReadAllText(SpecFile).Replace("\"left\", \"right\"", "\"right\", \"left\"", StringComparison.Ordinal));

        (int code, _, string error) = Run([other, Picture(folder, "one.png", 1), "--weights", weights, "--device", "cpu"]);

        Assert.Equal(1, code);
        Assert.Contains("error MSPEC2002", error, StringComparison.Ordinal);
        Assert.Contains("class", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("photos/a.jpg\nb.jpg", false)]
    [InlineData("BM.jpg\nb.jpg and more", false)]
    [InlineData("GIF89a and so on", true)]
    [InlineData("RIFF1234WEBPVP8 ", true)]
    [InlineData("", false)]
    public void An_image_is_told_from_a_list_by_its_first_bytes(string start, bool isImage) =>
        Assert.Equal(isImage, ImageArguments.IsImage(Encoding.ASCII.GetBytes(start).AsSpan(0, Math.Min(16, start.Length))));

    [Fact]
    public void A_terminal_gets_a_table_with_names_as_they_are()
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        using (AnswerWriter writer = AnswerWriter.Create("table", TextWriter.Null, console, 1))
        {
            writer.Write(new FileAnswer("[red]a.jpg", [new RankedLabel("daisy", 0.9831f)]));
            writer.Write(new FileAnswer("broken.jpg", [], "no image"));
        }

        string line = Assert.Single(Lines(text.ToString()), static l => l.Contains("[red]a.jpg", StringComparison.Ordinal));
        Assert.Contains("98.3%", line, StringComparison.Ordinal);
        Assert.DoesNotContain("broken.jpg", text.ToString(), StringComparison.Ordinal);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string WriteWeights(TemporaryFolder folder)
    {
        SpecSource spec = Reference.Spec("mirrored.modelspec");
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(3);
        using var module = new NetworkModule(spec.Network);
        using (no_grad())
        {
            // So that the answers of random layers differ from image to image.
            foreach ((string key, Tensor tensor) in module.Weights())
            {
                if (tensor.dim() == 4) tensor.mul_(2.45);
                else if (tensor.dim() == 2) tensor.mul_(20);
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

    private static (int Code, string Output, string Error) Run(string[] arguments, byte[]? input = null)
    {
        (TextWriter console, TextWriter errors) = (Console.Out, Console.Error);
        using StringWriter output = new(), error = new();
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            int code = new PredictCommand(() => new MemoryStream(input ?? [])).Parse(arguments).Invoke();
            return (code, output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(console);
            Console.SetError(errors);
        }
    }
}
