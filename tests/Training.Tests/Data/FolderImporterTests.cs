using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using SkiaSharp;

namespace Training.Tests.Data;

public class FolderImporterTests
{
    [Fact]
    public void Folders_match_classes_whatever_their_case_and_separators_at_any_depth()
    {
        using var project = new TinyProject(images: 3);

        IReadOnlyList<LabeledImage> images = TinyProject.List(project.Read());

        Assert.Equal(["Red-Sky/00.png", "Red-Sky/01.png", "Red-Sky/02.png", "green_sea/deep/00.png", "green_sea/deep/01.png", "green_sea/deep/02.png"], images.Select(static i => i.Name));
        Assert.Equal([0, 0, 0, 1, 1, 1], images.Select(static i => i.Class));
    }

    [Fact]
    public void A_missing_dataset_is_an_error_at_the_source()
    {
        using var project = new TinyProject();

        Diagnostic diagnostic = project.TrainAndFail(project.Read(("\"pictures\"", "\"photos\"")));

        Assert.Equal("MSPEC1001", diagnostic.Descriptor.Code);
        Assert.Equal((7, 10), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains(project["photos"], diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_without_images_is_an_error()
    {
        using var project = new TinyProject();
        Directory.Delete(project["pictures/Red-Sky"], recursive: true);
        Directory.CreateDirectory(project["pictures/Red-Sky"]);

        Diagnostic diagnostic = project.TrainAndFail(project.Read());

        Assert.Equal("MSPEC1004", diagnostic.Descriptor.Code);
        Assert.Contains("'red sky'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_no_class_is_an_error_with_the_nearest_class()
    {
        using var project = new TinyProject();
        project.AddPicture("green seas/1.png", SKColors.Green);

        Diagnostic diagnostic = project.TrainAndFail(project.Read());

        Assert.Equal("MSPEC1005", diagnostic.Descriptor.Code);
        Assert.Contains("Did you mean 'green sea'?", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_without_a_folder_is_an_error()
    {
        using var project = new TinyProject();
        Directory.Delete(project["pictures/Red-Sky"], recursive: true);

        Assert.Equal("MSPEC1006", project.TrainAndFail(project.Read()).Descriptor.Code);
    }

    [Fact]
    public void Two_folders_of_one_class_are_an_error_that_names_both()
    {
        using var project = new TinyProject();
        project.AddPicture("red_sky/1.png", SKColors.Red);

        Diagnostic diagnostic = project.TrainAndFail(project.Read());

        Assert.Equal("MSPEC3036", diagnostic.Descriptor.Code);
        Assert.Equal((7, 10), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains("'Red-Sky' and 'red_sky'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_comes_split_is_taken_as_it_is()
    {
        using var project = new TinyProject(images: 4);
        Directory.Move(project["pictures"], project["all"]);
        Directory.CreateDirectory(project["pictures"]);
        Directory.Move(project["all"], project["pictures/train"]);
        project.AddPicture("val/red sky/x.png", SKColors.Red);
        project.AddPicture("val/green sea/y.png", SKColors.Green);

        var log = new RecordingLog();
        project.Train(project.Read(("{ train = 0.75, test = 0.25 }", "{ train = \"train\", test = \"val\" }")), log);

        Assert.Contains(log.Lines, static l => l.Contains("decoded 10 images (8 train, 0 validation, 2 test)", StringComparison.Ordinal));
    }

    [Fact]
    public void The_split_has_every_class_in_proportion_and_depends_on_the_seed_alone()
    {
        using var project = new TinyProject(images: 20);
        var spec = project.Read();
        IReadOnlyList<LabeledImage> images = TinyProject.List(spec);
        var fractions = new FractionSplit(0.7, 0.1, 0.2);

        DatasetSplit first = DatasetLoader.Divide(images, fractions, spec, "");
        DatasetSplit second = DatasetLoader.Divide(images, fractions, spec, "");
        DatasetSplit other = DatasetLoader.Divide(images, fractions, project.Read(("seed = 7", "seed = 8")), "");

        Assert.Equal([14, 14], first.Train.CountBy(static i => i.Class).Select(static c => c.Value));
        Assert.Equal([2, 2], first.Validation.CountBy(static i => i.Class).Select(static c => c.Value));
        Assert.Equal([4, 4], first.Test.CountBy(static i => i.Class).Select(static c => c.Value));
        Assert.Equal(images.Count, first.Train.Concat(first.Validation).Concat(first.Test).Select(static i => i.Name).Distinct().Count());
        Assert.Equal(first.Test, second.Test);
        Assert.NotEqual(first.Test, other.Test);
    }

    [Fact]
    public void A_split_that_leaves_a_part_empty_is_an_error()
    {
        using var project = new TinyProject(images: 1);

        Diagnostic diagnostic = project.TrainAndFail(project.Read());

        Assert.Equal("MSPEC1007", diagnostic.Descriptor.Code);
    }
}
