using FineTune.Training;
using ModelSpec.Diagnostics;
using SkiaSharp;

namespace Training.Tests.Inspection;

/// <summary>The warnings of a training about its images.</summary>
public class DataWarningsTests
{
    private static readonly (string Old, string New) Lists = ("{ train = 0.75, test = 0.25 }", "{ train = \"train.txt\", test = \"test.txt\" }");

    [Fact]
    public void Images_that_differ_cause_no_warning()
    {
        using TinyProject project = Project();

        Assert.Empty(Warnings(project));
    }

    [Fact]
    public void Identical_files_on_both_sides_are_named_at_the_source()
    {
        using TinyProject project = Project();
        project.Write("pictures/Red-Sky/t0.png", Scenes.Png(1));

        Diagnostic warning = Assert.Single(Warnings(project));

        Assert.Equal(("MSPEC1012", Severity.Warning), (warning.Descriptor.Code, warning.Descriptor.Severity));
        Assert.Equal((7, 10), (warning.Span.Line, warning.Span.Column));
        Assert.StartsWith("1 images are trained with and also in the validation or test part, byte for byte: 'Red-Sky/1.png' (train) = 'Red-Sky/t0.png' (test). ", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_file_in_two_classes_is_named_with_the_classes()
    {
        using TinyProject project = Project();
        project.Write("pictures/green_sea/2.png", Scenes.Png(3));

        Diagnostic warning = Assert.Single(Warnings(project));

        Assert.Equal("MSPEC1013", warning.Descriptor.Code);
        Assert.Contains("'Red-Sky/3.png' (train, red sky) = 'green_sea/2.png' (train, green sea)", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_that_were_stored_again_are_named_under_their_own_codes()
    {
        using TinyProject project = Project();
        using SKBitmap one = Scenes.Draw(1), two = Scenes.Draw(2), small = Scenes.Resize(two, 60, 60);
        project.Write("pictures/Red-Sky/t0.png", Scenes.Jpeg(one, 60));
        project.Write("pictures/green_sea/0.png", Scenes.Png(small));

        List<Diagnostic> warnings = Warnings(project);

        Assert.Equal(["MSPEC1014", "MSPEC1015"], warnings.Select(static warning => warning.Descriptor.Code));
        Assert.Contains("'Red-Sky/1.png' (train) = 'Red-Sky/t0.png' (test)", warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains("'Red-Sky/2.png' (train, red sky) = 'green_sea/0.png' (train, green sea)", warnings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Three_are_named_and_the_others_counted()
    {
        using TinyProject project = Project();
        for (int i = 0; i < 3; i++)
        {
            project.Write($"pictures/Red-Sky/t{i}.png", Scenes.Png(i));
            project.Write($"pictures/green_sea/t{i}.png", Scenes.Png(100 + i));
        }

        Diagnostic warning = Assert.Single(Warnings(project));

        Assert.StartsWith("6 images", warning.Message, StringComparison.Ordinal);
        Assert.Contains("'Red-Sky/2.png' (train) = 'Red-Sky/t2.png' (test), and 3 more. ", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Allowed_images_cause_no_warning_and_no_other_training()
    {
        using TinyProject project = Project();
        project.Write("pictures/Red-Sky/t0.png", Scenes.Png(1));
        byte[] trained = project.Train(project.Read(Lists));
        string lockText = File.ReadAllText(project.Lock);

        Assert.Empty(Warnings(project, "allow = [\"Red-Sky/t0.png\"]"));

        Assert.Equal(lockText, File.ReadAllText(project.Lock));
        Assert.Equal(trained, File.ReadAllBytes(project.Output));
    }

    [Fact]
    public void A_name_in_allow_that_is_no_image_is_told_at_its_place()
    {
        using TinyProject project = Project();

        Diagnostic warning = Assert.Single(Warnings(project, "allow = [\"Red-Sky/1.png\", \"Red-Sky/10.png\"]"));

        Assert.Equal(("MSPEC1011", 9, 27), (warning.Descriptor.Code, warning.Span.Line, warning.Span.Column));
        Assert.Contains("Did you mean 'Red-Sky/", warning.Message, StringComparison.Ordinal);
    }

    /// <summary>Five training images and three test images of each class.</summary>
    private static TinyProject Project()
    {
        var project = new TinyProject(images: 0);
        foreach ((string folder, int first) in (ReadOnlySpan<(string, int)>)[("Red-Sky", 0), ("green_sea", 100)])
        {
            for (int i = 0; i < 5; i++) project.Write($"pictures/{folder}/{i}.png", Scenes.Png(first + i));
            for (int i = 0; i < 3; i++) project.Write($"pictures/{folder}/t{i}.png", Scenes.Png(first + 50 + i));
        }
        project.Write("train.txt", string.Join('\n', Names("")));
        project.Write("test.txt", string.Join('\n', Names("t")));
        return project;

        static IEnumerable<string> Names(string prefix) => Enumerable.Range(0, prefix.Length == 0 ? 5 : 3)
            .SelectMany(i => (string[])[$"Red-Sky/{prefix}{i}.png", $"green_sea/{prefix}{i}.png"]);
    }

    private static List<Diagnostic> Warnings(TinyProject project, string key = "")
    {
        var log = new RecordingLog();
        project.Train(project.Read((Lists.Old, $"{Lists.New}\n{key}")), log);
        return log.Diagnostics;
    }
}
