using System.Text.Json;
using AngleSharp;
using AngleSharp.Dom;
using FineTune.Images;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Commands;
using FineTune.Training.Data;
using FineTune.Training.Evaluators;
using FineTune.Training.Inspection;
using SkiaSharp;

namespace Training.Tests.Inspection;

/// <summary><c>finetune inspect-data</c> on made data.</summary>
public class DataInspectorTests
{
    [Fact]
    public void Poor_images_are_told_by_their_kinds()
    {
        using TinyProject project = Project();
        // The input is 16 × 16: 7 pixels are enlarged more than twice.
        using SKBitmap tiny = Scenes.Draw(900, 7, 7);
        project.Write("pictures/Red-Sky/tiny.png", Scenes.Png(tiny));
        project.AddPicture("Red-Sky/blank.png", SKColors.Olive);
        byte[] whole = Scenes.Png(901);
        project.Write("pictures/Red-Sky/cut.png", whole[..(whole.Length / 2)]);
        project.Write("pictures/Red-Sky/text.jpg", "not an image"u8.ToArray());
        project.Write("pictures/Red-Sky/blurred.png", Blurred());
        using SKBitmap turned = Scenes.Draw(902);
        project.Write("pictures/Red-Sky/turned.jpg", WithOrientation(Scenes.Jpeg(turned, 90), 6));

        DataInspection found = Inspect(project, project.Read());

        (string, RemarkKind)[] expected =
        [
            ("Red-Sky/cut.png", RemarkKind.Unreadable), ("Red-Sky/text.jpg", RemarkKind.Unreadable), ("Red-Sky/tiny.png", RemarkKind.Tiny),
            ("Red-Sky/blank.png", RemarkKind.Blank), ("Red-Sky/blurred.png", RemarkKind.Blurred), ("Red-Sky/turned.jpg", RemarkKind.Turned),
        ];
        Assert.Equal(expected.OrderBy(static e => e.Item1), found.Remarks.Select(remark => (found.Images[remark.Image].Name, remark.Kind)).OrderBy(static e => e.Name));
        Assert.Contains(found.Remarks, static remark => remark.Text == "The image ends before its last pixel.");
        Assert.Contains(found.Remarks, static remark => remark.Text == "7 × 7 pixels, enlarged 2.3 times");
        Assert.Contains(found.Remarks, static remark => remark.Text == "EXIF orientation 6");
        Assert.Empty(found.Duplicates);
        Assert.Equal("the backbone has no pretrained weights", found.NotSearched);
        Assert.Null(found.Suspects);

        DataInspection allowed = Inspect(project, project.Read(("[backbone]", "allow = [\"Red-Sky/tiny.png\", \"Red-Sky/cut.png\"]\n\n[backbone]")));
        Assert.Equal(expected.Length - 2, allowed.Remarks.Count);
        Assert.Equal(2, allowed.Allowed);
    }

    [Fact]
    public void Small_classes_are_told()
    {
        using TinyProject project = Project();
        for (int i = 0; i < 10; i++) project.Write($"pictures/green_sea/more{i}.png", Scenes.Png(700 + i));

        DataInspection found = Inspect(project, project.Read());

        // Of 24 and 34 images, three quarters are trained with.
        Assert.Equal([18], found.SmallClasses.Select(static count => count.Train));
        Assert.Equal([(0, 18, 6), (1, 25, 9)], found.Counts.Select(static count => (count.Class, count.Train, count.Test)));
        Assert.True(new ClassImages(0, 20, 0, 1).IsSmall([new(0, 20, 0, 1), new(1, 201, 0, 1)]));
        Assert.False(new ClassImages(0, 20, 0, 1).IsSmall([new(0, 20, 0, 1), new(1, 200, 0, 1)]));
    }

    [Fact]
    public void The_accuracy_without_copies_is_that_of_the_other_test_images()
    {
        using TinyProject project = Project();
        // Copies of everything: some of them are on the other side of the split.
        for (int i = 0; i < 24; i++) project.Write($"pictures/Red-Sky/again{i}.png", Scenes.Png(i));
        SpecSource spec = project.Read();
        project.Train(spec);

        DataInspection found = Inspect(project, spec);

        Assert.Equal(24, found.Duplicates.Count);
        Assert.All(found.Duplicates, static group => Assert.True(group is { IsIdentical: true, HasTwoLabels: false }));
        int leaked = found.Duplicates.Count(static group => group.IsLeak);
        Assert.InRange(leaked, 1, 11);
        Assert.Equal(Enumerable.Repeat(true, leaked), found.Duplicates.Take(leaked).Select(static group => group.IsLeak));
        Assert.NotNull(found.Accuracy);
        Assert.Equal((18, 18 - leaked), (found.Accuracy.All, found.Accuracy.AllWithout));
        Assert.InRange(found.Accuracy.Right - found.Accuracy.RightWithout, 0, leaked);
        Assert.Contains($"without the {leaked} test images that have a copy in training", InspectionText.Of(found), StringComparison.Ordinal);

        // Weights of other images say nothing.
        project.Write("pictures/Red-Sky/new.png", Scenes.Png(950));
        Assert.Null(Inspect(project, spec).Accuracy);
    }

    [Fact]
    public void Answers_are_counted_with_and_without_copies()
    {
        var answers = new TestAnswers(["a", "b", "c", "d"], [0, 1, 1, 0], [2, 1, 2, 1, 1, 2, 1, 2]);

        Assert.Equal(new LeakedAccuracy(2, 4, 1, 3), LeakedAccuracy.Of(answers, new HashSet<string> { "a" }, classes: 2));
    }

    [Fact]
    public void Pairs_with_a_large_cosine_are_found()
    {
        FineTune.Native.NativeLibraries.Load();
        float[]?[] features = [[10, 1, 0], [10, -1, 0.05f], null, [10, 1, 0.05f], [10, 0, -2]];

        FeatureNeighbours pair = Assert.Single(FeatureNeighbours.Find(features));

        Assert.Equal((0, 3), (pair.First, pair.Second));
        Assert.InRange(pair.Cosine, FeatureNeighbours.LeastCosine, 1);
    }

    [Fact]
    public async Task The_page_shows_each_finding_and_needs_nothing_else()
    {
        using TinyProject project = Project();
        project.Write("pictures/Red-Sky/again.png", Scenes.Png(1));
        project.AddPicture("Red-Sky/<blank> & bare.png", SKColors.Olive);
        DataInspection found = Inspect(project, project.Read()) with { Suspects = [new SuspectLabel(3, 0, 1, 0.1, 0.85)], LookAlikes = [new FeatureNeighbours(4, 5, 0.95)] };

        string html = new InspectionPage(found, project.Read()).Write();

        using IBrowsingContext context = BrowsingContext.New(Configuration.Default);
        IDocument page = await context.OpenAsync(request => request.Content(html));
        Assert.Equal(["copies", "labels", "look-alikes", "blank", "classes"], page.QuerySelectorAll("section").Select(static section => section.Id));
        // Two copies, one label, a pair, and one blank image.
        IElement[] pictures = [.. page.QuerySelectorAll("img")];
        Assert.Equal(6, pictures.Length);
        Assert.All(pictures, static picture => Assert.StartsWith("data:image/jpeg;base64,", picture.GetAttribute("src"), StringComparison.Ordinal));
        Assert.Empty(page.QuerySelectorAll("script, link, [src^=http], a[href^=http]"));
        Assert.Contains(page.QuerySelectorAll("figcaption b"), static name => name.TextContent == "Red-Sky/<blank> & bare.png");
        Assert.Contains("looks like green sea, 85.0%", page.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_writes_json_and_a_page()
    {
        using TinyProject project = Project();
        project.Write("pictures/green_sea/again.png", Scenes.Png(1));
        project.Read();

        (int code, string output) = Run(
            project["tiny.modelspec"], "--backbone", project["tiny.backbone"], "--cache", project.Cache, "--quick", "--json", project["out/data.json"], "--html", project["out/data.html"]);

        Assert.True(code == 0, output);
        Assert.Contains("1 image is there more than once", output, StringComparison.Ordinal);
        Assert.Contains("in two classes", output, StringComparison.Ordinal);
        Assert.Contains("Wrong labels were not looked for: --quick leaves them out", output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(project["out/data.json"]));
        JsonElement group = Assert.Single(json.RootElement.GetProperty("duplicates").EnumerateArray());
        Assert.True(group.GetProperty("identical").GetBoolean() && group.GetProperty("twoClasses").GetBoolean());
        Assert.Equal(["Red-Sky/1.png", "green_sea/again.png"], group.GetProperty("images").EnumerateArray().Select(static image => image.GetProperty("file").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("suspectLabels").ValueKind);
        Assert.Contains("<title>TinyClassifier: data</title>", File.ReadAllText(project["out/data.html"]), StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            return (new InspectDataCommand().Parse(arguments).Invoke(), output.ToString());
        }
        finally
        {
            Console.SetOut(console);
        }
    }

    private static DataInspection Inspect(TinyProject project, SpecSource spec) =>
        new DataInspector(spec, new AssetFolders([], project.Cache), "cpu", new RecordingLog()).Run(isQuick: false, CancellationToken.None);

    /// <summary>24 images of each class.</summary>
    private static TinyProject Project()
    {
        var project = new TinyProject(images: 0);
        for (int i = 0; i < 24; i++)
        {
            project.Write($"pictures/Red-Sky/{i}.png", Scenes.Png(i));
            project.Write($"pictures/green_sea/{i}.png", Scenes.Png(100 + i));
        }
        return project;
    }

    /// <summary>A picture that gets darker from one side to the other, and nothing else.</summary>
    private static byte[] Blurred()
    {
        using var bitmap = new SKBitmap(64, 64);
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < 64; x++) bitmap.SetPixel(x, y, new SKColor((byte)(2 * x + 20), (byte)(2 * x + 20), (byte)(2 * x + 20)));
        }
        return Scenes.Png(bitmap);
    }

    /// <summary>A JPEG file with EXIF's orientation (EXIF 2.3, 4.5.2 and 4.6.4).</summary>
    private static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, (byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0,
            (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }
}
