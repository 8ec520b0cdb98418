using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Commands;
using FineTune.Training.NewProjects;
using ModelSpec.Diagnostics;
using SkiaSharp;

namespace Training.Tests.Commands;

public class NewCommandTests
{
    [Fact]
    public void It_writes_a_spec_that_reads_without_errors_with_relative_paths_only()
    {
        using TemporaryFolder folder = Photos(("lily valley", 6), ("daisy", 6));

        (int code, string output) = Run(folder["photos"], "--output", folder["deep/app"], "--package-version", "7.8.9");

        Assert.True(code == 0, output);
        string spec = folder["deep/app/photos.modelspec"];
        (SpecSource? source, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Read(spec, []);
        Assert.Empty(diagnostics);
        Assert.Equal("PhotosClassifier", source!.Network.ClassName);
        Assert.Equal(["daisy", "lily valley"], source.Network.Classes.Select(static c => c.Text));
        Assert.Equal("../../photos", source.Plan.Source);
        Assert.Contains("Version=\"7.8.9\"", File.ReadAllText(folder["deep/app/PhotosApp.csproj"]), StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(folder["deep/app"]), file => Assert.DoesNotContain(folder.Path, File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public void It_names_what_is_odd_in_the_folder()
    {
        using TemporaryFolder folder = Photos(("daisy", 12), ("tulip", 3));
        folder.Write("photos/daisy/readme.txt", "text");
        folder.Write("photos/tulip/broken.jpg", "no image");
        Directory.CreateDirectory(folder["photos/empty"]);
        Picture(folder, "photos/tulip/small.png", 40);

        (int code, string output) = Run(folder["photos"], "--output", folder["app"]);

        Assert.True(code == 0, output);
        Assert.Contains("1 file not used (not an image, or not in the folder of a class): 'daisy/readme.txt'", output.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("1 broken image: 'tulip/broken.jpg'", output.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("1 small image (a side below 112 pixels), which a training enlarges: 'tulip/small.png'", output.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("'empty' has no images", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Unbalanced_classes_are_named_and_weighted()
    {
        using TemporaryFolder folder = Photos(("daisy", 12), ("tulip", 3));

        (_, string output) = Run(folder["photos"], "--output", folder["app"]);

        Assert.Contains("unbalanced: 'daisy' has 12 images, 'tulip' 3", output, StringComparison.Ordinal);
        Assert.Contains("class_weights   = \"balanced\"", File.ReadAllText(folder["app/photos.modelspec"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_divided_folder_keeps_its_parts()
    {
        using var folder = new TemporaryFolder();
        foreach (string part in (string[])["train", "val", "test"])
        {
            foreach (string name in (string[])["a cat", "dog"]) Picture(folder, $"pets/{part}/{name}/1.png", 150);
        }

        (int code, string output) = Run(folder["pets"], "--output", folder["app"]);

        Assert.True(code == 0, output);
        string spec = File.ReadAllText(folder["app/pets.modelspec"]);
        Assert.Contains("split  = { train = \"train\", validation = \"val\", test = \"test\" }", spec, StringComparison.Ordinal);
        Assert.Contains("classes = [\"a cat\", \"dog\"]", spec, StringComparison.Ordinal);
        Assert.Contains("\"../pets/test\"", File.ReadAllText(folder["app/Program.cs"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_overwritten_without_force()
    {
        using TemporaryFolder folder = Photos(("daisy", 4), ("tulip", 4));
        folder.Write("app/Program.cs", "mine");

        (int code, string output) = Run(folder["photos"], "--output", folder["app"]);

        Assert.Equal(1, code);
        Assert.Contains("error MSPEC3094", output, StringComparison.Ordinal);
        Assert.Equal([folder["app/Program.cs"]], Directory.GetFiles(folder["app"]));
        Assert.Equal("mine", File.ReadAllText(folder["app/Program.cs"]));
        Assert.Equal(0, Run(folder["photos"], "--output", folder["app"], "--force").Code);
        Assert.NotEqual("mine", File.ReadAllText(folder["app/Program.cs"]));
    }

    [Theory]
    [InlineData("daisy", "daisy/1.png", "at least two classes")]
    [InlineData("lily valley", "Lily_Valley/1.png", "are the same class")]
    [InlineData("daisy", "tulip/1.png", "too few images")]
    public void A_folder_that_cannot_be_learnt_from_is_an_error(string first, string second, string reason)
    {
        using TemporaryFolder folder = Photos((first, 4));
        Picture(folder, "photos/" + second, 150);

        (int code, string output) = Run(folder["photos"], "--output", folder["app"]);

        Assert.Equal(1, code);
        Assert.Contains(reason, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["app"]));
    }

    [Fact]
    public void A_name_that_cannot_be_a_class_is_told_before_anything_is_written()
    {
        using TemporaryFolder folder = Photos(("daisy", 4), ("tulip", 4));

        (int code, string output) = Run(folder["photos"], "--output", folder["app"], "--name", "no class");

        Assert.Equal(1, code);
        Assert.Contains("photos", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["app"]));
    }

    [Theory]
    [InlineData(400, "efficientnet-lite0-57934424.pth", "efficientnet_lite0", false)]
    [InlineData(4000, "efficientnet-lite0-57934424.pth", "efficientnet_lite0", true)]
    [InlineData(4000, "mobilenet_7_5_224_tf_no_top.h5", "mobilenet_v1", false)]
    [InlineData(8000, "mobilenet_7_5_224_tf_no_top.h5", "mobilenet_v1", true)]
    [InlineData(400, "none", "efficientnet_lite0", false)]
    public void The_recipe_depends_on_the_data_and_on_the_weights_that_are_here(int images, string weights, string backbone, bool hasSecondStage)
    {
        using var assets = new TemporaryFolder();
        assets.Write("weights/" + weights, "");
        var folder = new ImageFolder("/photos", [new ClassImages("a", images / 2, 0), new ClassImages("b", images / 2, 0)], null, []);

        var recipe = Recipe.For(folder, new AssetFolders([assets.Path], "/nonexistent"));

        Assert.Equal(backbone, recipe.Backbone.Architecture);
        Assert.Equal(hasSecondStage, recipe.HasSecondStage);
        string spec = ProjectFiles.Of(ProjectNames.Of("ThingClassifier"), folder, recipe, "photos", "1.0.0")["thing.modelspec"];
        (SpecSource? source, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Parse(spec, "/app/thing.modelspec", []);
        Assert.Empty(diagnostics);
        Assert.Equal(hasSecondStage ? 2 : 1, source!.Plan.Stages.Count);
    }

    private static TemporaryFolder Photos(params (string Class, int Count)[] classes)
    {
        var folder = new TemporaryFolder();
        foreach ((string name, int count) in classes)
        {
            for (int i = 0; i < count; i++) Picture(folder, $"photos/{name}/{i:00}.png", 150);
        }
        return folder;
    }

    private static void Picture(TemporaryFolder folder, string name, int side)
    {
        using var bitmap = new SKBitmap(side, side);
        bitmap.Erase(SKColors.Teal);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        folder.Write(name, png.ToArray());
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            return (new NewCommand().Parse([.. arguments, "--cache", "/nonexistent", "--assets", "/nonexistent"]).Invoke(), output.ToString());
        }
        finally
        {
            Console.SetOut(console);
        }
    }
}
