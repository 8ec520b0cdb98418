using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;
using SkiaSharp;
using Training.Tests.Plugins;

namespace Training.Tests.Data;

/// <summary>Splits that name lists of images.</summary>
public class ImageListTests
{
    private static readonly (string Old, string New) Lists = ("{ train = 0.75, test = 0.25 }", "{ train = \"train.txt\", test = \"lists/test.txt\" }");

    [Fact]
    public void Images_are_divided_by_lists_and_have_the_classes_of_their_folders()
    {
        using TinyProject project = Listed("# 2 of 16\n\nRed-Sky/03.png\r\n  green_sea/deep/05.png\t\n# green_sea/deep/06.png", "Red-Sky/07.png\ngreen_sea/deep/00.png\n");

        DatasetSplit split = Load(project.Read(Lists));

        Assert.Equal(["Red-Sky/03.png 0", "green_sea/deep/05.png 1"], split.Train.Select(Show));
        Assert.Empty(split.Validation);
        Assert.Equal(["Red-Sky/07.png 0", "green_sea/deep/00.png 1"], split.Test.Select(Show));
        Assert.Equal(28, split.Unlisted);
    }

    [Fact]
    public void A_path_is_relative_to_the_dataset_or_to_the_folder_of_the_list_or_absolute()
    {
        using TinyProject project = Listed("", "./../pictures/Red-Sky/01.png\n..\\pictures\\green_sea\\deep\\02.png");
        project.Write("train.txt", $"pictures/Red-Sky/00.png\n{project["pictures/Red-Sky/02.png"]}\ngreen_sea/deep/00.png");

        DatasetSplit split = Load(project.Read(Lists));

        Assert.Equal(["Red-Sky/00.png", "Red-Sky/02.png", "green_sea/deep/00.png"], split.Train.Select(static image => image.Name));
        Assert.Equal(["Red-Sky/01.png", "green_sea/deep/02.png"], split.Test.Select(static image => image.Name));
    }

    [Fact]
    public void A_name_of_the_dataset_comes_before_a_path_of_the_same_text()
    {
        using TinyProject project = Listed("", "");
        project.AddPicture("Red-Sky/green_sea/deep/00.png", SKColors.Red);
        project.Write("pictures/Red-Sky/train.txt", "green_sea/deep/00.png\n./green_sea/deep/00.png");
        project.Write("lists/test.txt", "Red-Sky/00.png");

        DatasetSplit split = Load(project.Read((Lists.Old, "{ train = \"pictures/Red-Sky/train.txt\", test = \"lists/test.txt\" }")));

        Assert.Equal(["Red-Sky/green_sea/deep/00.png 0", "green_sea/deep/00.png 1"], split.Train.Select(Show));
    }

    [Fact]
    public void Flowers_are_listed_by_the_names_of_their_files()
    {
        using var folder = new TemporaryFolder();
        using var project = new TinyProject(images: 0);
        for (int i = 1; i <= 1360; i++) folder.Write($"flowers17/jpg/image_{i:0000}.jpg", "");
        project.Write("train.txt", string.Join('\n', Enumerable.Range(0, 17).Select(static i => $"image_{(80 * i) + 1:0000}.jpg")));
        project.Write("lists/test.txt", "image_1360.jpg");
        string classes = string.Join(", ", ((string[])
            ["daffodil", "snowdrop", "lily valley", "bluebell", "crocus", "iris", "tigerlily", "tulip", "fritillary", "sunflower", "daisy", "coltsfoot", "dandelion", "cowslip", "buttercup", "windflower", "pansy"])
            .Select(static name => $"\"{name}\""));

        DatasetSplit split = Load(project.Read(Lists, ("\"red sky\", \"green sea\"", classes), ("\"pictures\"", "\"flowers17\""), ("linear(2)", "linear(17)")), folder.Path);

        Assert.Equal(Enumerable.Range(0, 17), split.Train.Select(static image => image.Class));
        Assert.Equal(["image_1360.jpg 16"], split.Test.Select(Show));
    }

    [Fact]
    public void Images_of_a_plugin_are_listed_by_its_names_and_its_own_parts_do_not_count()
    {
        using TinyProject project = Listed("pictures/Red-Sky/00.png\npictures/green_sea/deep/00.png", "Red-Sky/01.png");
        project.Write("labels.csv", """
            path,label,part
            pictures/Red-Sky/00.png,green sea,Test
            pictures/green_sea/deep/00.png,red sky,Train
            Red-Sky/01.png,red sky,Train
            pictures/Red-Sky/02.png,red sky,Train
            """);

        DatasetSplit split = Load(project.Read(PluginCompiler.WithTestPlugin(), Lists, ("\"pictures\"", "\"csv:labels.csv\"")));

        Assert.Equal(["pictures/green_sea/deep/00.png 0", "pictures/Red-Sky/00.png 1"], split.Train.Select(Show));
        Assert.Equal(["Red-Sky/01.png 0"], split.Test.Select(Show));
    }

    [Theory]
    [InlineData("Red-Sky/00.png\n\n  Red-Sky/99.png", 3, 3, "'Red-Sky/99.png' is not an image of the dataset 'pictures': there is no such file.")]
    [InlineData("red sky/00.png", 1, 1, "there is no such file. Did you mean 'Red-Sky/00.png'?")]
    [InlineData("Red-Sky/00.png 0", 1, 1, "a line is a path and nothing else; the importer gives the class. Did you mean 'Red-Sky/00.png'?")]
    [InlineData("# A comment\nloose.png", 2, 1, "the file exists, but the importer 'folders' does not list it under any class.")]
    [InlineData("pictures/loose.png", 1, 1, "the file exists, but the importer 'folders'")]
    [InlineData("a\0b", 1, 1, "there is no such file.")]
    public void A_path_that_is_not_an_image_is_an_error_at_its_line(string train, int line, int column, string message)
    {
        using TinyProject project = Listed(train, "Red-Sky/01.png");
        project.Write("pictures/loose.png", File.ReadAllBytes(project["pictures/Red-Sky/00.png"]));

        Diagnostic diagnostic = project.TrainAndFail(project.Read(Lists));

        Assert.Equal("MSPEC3072", diagnostic.Descriptor.Code);
        Assert.Equal((project["train.txt"], line, column), (diagnostic.File, diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Red-Sky/00.png\ngreen_sea/deep/00.png\n./pictures/Red-Sky/00.png", "Red-Sky/01.png", "train.txt", 3, "already in line 1 of", "train.txt'")]
    [InlineData("Red-Sky/00.png\ngreen_sea/deep/00.png", "Red-Sky/01.png\n green_sea/deep/00.png", "lists/test.txt", 2, "already in line 2 of", "train.txt'")]
    public void An_image_that_is_listed_twice_is_an_error_that_names_both_lines(string train, string test, string list, int line, params string[] parts)
    {
        using TinyProject project = Listed(train, test);

        Diagnostic diagnostic = project.TrainAndFail(project.Read(Lists));

        Assert.Equal("MSPEC3073", diagnostic.Descriptor.Code);
        Assert.Equal((project[list], line), (diagnostic.File, diagnostic.Span.Line));
        Assert.All(parts, part => Assert.Contains(part, diagnostic.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_without_paths_is_an_error_in_the_list()
    {
        using TinyProject project = Listed("Red-Sky/00.png\ngreen_sea/deep/00.png", "# nothing yet\n\n");

        Diagnostic diagnostic = project.TrainAndFail(project.Read(Lists));

        Assert.Equal("MSPEC3074", diagnostic.Descriptor.Code);
        Assert.Equal((project["lists/test.txt"], 1, 1), (diagnostic.File, diagnostic.Span.Line, diagnostic.Span.Column));
    }

    [Fact]
    public void A_class_without_training_images_is_an_error_at_the_list_in_the_spec()
    {
        using TinyProject project = Listed("Red-Sky/00.png", "green_sea/deep/00.png");

        Diagnostic diagnostic = project.TrainAndFail(project.Read(Lists));

        Assert.Equal("MSPEC1007", diagnostic.Descriptor.Code);
        Assert.Equal((8, 19), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains("'green sea' has 16 images", diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ train = \"train.txt\", test = \"none.txt\" }", 39, "none.txt' cannot be read: it does not exist. Its path is relative to the spec.")]
    [InlineData("{ train = \"train.txt\", test = \"folder.txt\" }", 39, "folder.txt' cannot be read: it is a folder.")]
    [InlineData("{ train = \"train.lst\", test = \"test\" }", 19, "train.lst' cannot be read: the names of lists end with .txt; other names are those of folders.")]
    public void A_list_that_cannot_be_read_is_an_error_at_its_name(string split, int column, string message)
    {
        using TinyProject project = Listed("Red-Sky/00.png\ngreen_sea/deep/00.png", "Red-Sky/01.png");
        project.Write("train.lst", "Red-Sky/00.png");
        Directory.CreateDirectory(project["folder.txt"]);

        Diagnostic diagnostic = project.TrainAndFail(project.Read((Lists.Old, split)));

        Assert.Equal("MSPEC3071", diagnostic.Descriptor.Code);
        Assert.Equal((project["tiny.modelspec"], 8, column), (diagnostic.File, diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.EndsWith(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_list_trains_again_but_comments_order_and_the_name_of_a_list_do_not()
    {
        using TinyProject project = Listed("Red-Sky/00.png\ngreen_sea/deep/00.png\nRed-Sky/01.png", "Red-Sky/02.png\ngreen_sea/deep/02.png");
        var log = new RecordingLog();
        project.Train(project.Read(Lists), log);
        Assert.Contains(log.Lines, static line => line.Contains("decoded 5 images (3 train, 0 validation, 2 test)", StringComparison.Ordinal)
            && line.EndsWith("; 27 are in no list", StringComparison.Ordinal));
        Assert.Contains("[data.lists]\ntest = \"lists/test.txt\"\ntrain = \"train.txt\"\n", File.ReadAllText(project.Lock), StringComparison.Ordinal);
        Assert.DoesNotContain("[data.split]", File.ReadAllText(project.Lock), StringComparison.Ordinal);

        project.Write("other.txt", "# Sorted.\nRed-Sky/00.png\nRed-Sky/01.png\n\ngreen_sea/deep/00.png\n");
        (string, string) renamed = (Lists.Old, "{ train = \"other.txt\", test = \"lists/test.txt\" }");
        Assert.Contains("up to date", Assert.Single(Update(renamed)), StringComparison.Ordinal);
        Assert.Contains("train = \"other.txt\"\n", File.ReadAllText(project.Lock), StringComparison.Ordinal);

        project.Write("other.txt", "Red-Sky/00.png\nRed-Sky/03.png\ngreen_sea/deep/00.png\n");
        Assert.Contains(Update(renamed), static line => line.StartsWith("TinyClassifier: trains, as [data] train_list changed ", StringComparison.Ordinal));

        List<string> Update((string, string) split)
        {
            var update = new RecordingLog();
            project.BringUpToDate(project.Read(split), update);
            return update.Lines;
        }
    }

    [Fact]
    public void An_image_that_is_moved_from_one_list_to_another_trains_again()
    {
        using TinyProject project = Listed("Red-Sky/00.png\ngreen_sea/deep/00.png\nRed-Sky/01.png", "Red-Sky/02.png\ngreen_sea/deep/02.png");
        project.Train(project.Read(Lists));
        project.Write("train.txt", "Red-Sky/00.png\ngreen_sea/deep/00.png");
        project.Write("lists/test.txt", "Red-Sky/02.png\ngreen_sea/deep/02.png\nRed-Sky/01.png");
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(Lists), log);

        string reason = string.Join('\n', log.Lines.Where(static line => line.Contains("trains, as", StringComparison.Ordinal)));
        Assert.Contains("[data] train_list changed", reason, StringComparison.Ordinal);
        Assert.Contains("[data] test_list changed", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("[data] digest", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_dataset_the_lock_is_trusted_as_long_as_the_lists_are_the_same()
    {
        using TinyProject project = Listed("Red-Sky/00.png\ngreen_sea/deep/00.png", "Red-Sky/02.png\ngreen_sea/deep/02.png");
        project.Train(project.Read(Lists));
        Directory.Move(project["pictures"], project["elsewhere"]);
        var log = new RecordingLog();

        project.BringUpToDate(project.Read(Lists), log, locked: true);
        Assert.Contains("the dataset 'pictures' is not on this machine", Assert.Single(log.Lines), StringComparison.Ordinal);

        project.Write("lists/test.txt", "Red-Sky/02.png\ngreen_sea/deep/03.png");
        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.BringUpToDate(project.Read(Lists), locked: true)).Diagnostic;
        Assert.Equal("MSPEC3008", diagnostic.Descriptor.Code);
        Assert.Contains("[data] test_list changed", diagnostic.Message, StringComparison.Ordinal);
    }

    private static TinyProject Listed(string train, string test)
    {
        var project = new TinyProject();
        project.Write("train.txt", train);
        project.Write("lists/test.txt", test);
        return project;
    }

    private static DatasetSplit Load(SpecSource spec, params string[] folders)
    {
        using var client = new HttpClient();
        var assets = new AssetFolders(folders, "/nonexistent");
        var log = new RecordingLog();
        return new DatasetLoader(assets, new Downloader(assets, log, client), log).Load(spec, TestContext.Current.CancellationToken);
    }

    private static string Show(LabeledImage image) => $"{image.Name} {image.Class}";
}
