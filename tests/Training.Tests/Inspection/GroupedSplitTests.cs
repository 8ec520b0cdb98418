using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;
using SkiaSharp;
using Training.Tests.Plugins;

namespace Training.Tests.Inspection;

/// <summary><c>[data] group</c>: images that look alike are in one part of the split.</summary>
public class GroupedSplitTests
{
    private static readonly (string Old, string New) Grouped = ("test = 0.25 }", "test = 0.25 }\ngroup = \"near-duplicates\"");

    [Fact]
    public void A_split_without_groups_stays_as_it_was_drawn()
    {
        DatasetSplit drawn = Drawn();

        DatasetSplit grouped = GroupedSplit.Of(drawn, []);

        Assert.Equal(drawn.Train, grouped.Train);
        Assert.Equal(drawn.Validation, grouped.Validation);
        Assert.Equal(drawn.Test, grouped.Test);
    }

    [Fact]
    public void A_group_goes_where_most_of_it_is_and_single_images_make_up_for_it()
    {
        // Numbers 0 to 11 are trained with, 12 to 15 are in the validation part, 16 to 23 in the test part.
        DatasetSplit drawn = Drawn();

        DatasetSplit grouped = GroupedSplit.Of(drawn, [[0, 1, 16], [6, 20, 21], [2, 12]]);

        Assert.Equal([12, 4, 8], [grouped.Train.Count, grouped.Validation.Count, grouped.Test.Count]);
        foreach (IReadOnlyList<LabeledImage> part in (IReadOnlyList<LabeledImage>[])[grouped.Train, grouped.Validation, grouped.Test])
        {
            Assert.Equal(part.Count / 2, part.Count(static image => image.Class == 0));
            Assert.Equal(part.OrderBy(static image => image.Class), part);
        }
        Assert.Empty(((string[])["00", "01", "16", "02", "12"]).Except(grouped.Train.Select(static image => image.Name)));
        Assert.Empty(((string[])["06", "20", "21"]).Except(grouped.Test.Select(static image => image.Name)));
        // One goes with its group, and two make up for those that came.
        Assert.Equal(["04", "05", "06"], drawn.Train.Except(grouped.Train).Select(static image => image.Name));
        Assert.True(grouped.IsGiven);
    }

    [Fact]
    public void Copies_in_a_folder_are_on_one_side_and_the_lock_says_so()
    {
        using TinyProject project = WithCopies();
        SpecSource spec = project.Read(Grouped);
        var log = new RecordingLog();

        project.Train(spec, log);

        Assert.Contains("TinyClassifier: compared 40 images; 8 groups of near-duplicates stay together", log.Lines);
        Assert.Empty(log.Diagnostics);
        DatasetSplit split = Load(spec, project.Cache);
        Assert.Equal((30, 10), (split.Train.Count, split.Test.Count));
        for (int i = 0; i < 8; i++) Assert.Equal(IsTrained($"Red-Sky/scene{i}.png"), IsTrained($"Red-Sky/scene{i}-small.jpg"));
        TrainingLock known = TrainingLock.Read(File.ReadAllText(project.Lock), project.Lock).Value!;
        Assert.Equal("\"near-duplicates\"", known.Find("data.split", 0, "group"));
        Assert.Equal(TomlLiteral.Of(DatasetManifest.DigestOfParts(split)), known.Find("data", 0, "parts"));

        // Nothing is decoded again, and nothing is trained again.
        var again = new RecordingLog();
        project.BringUpToDate(project.Read(Grouped), again);
        Assert.Contains("up to date", Assert.Single(again.Lines), StringComparison.Ordinal);

        // Without it, the split is another one.
        var ungrouped = new RecordingLog();
        project.BringUpToDate(project.Read(), ungrouped);
        Assert.Contains(ungrouped.Lines, static line => line.Contains("[data.split] group is gone", StringComparison.Ordinal));
        Assert.Contains(ungrouped.Diagnostics, static warning => warning.Descriptor.Code == "MSPEC1014");

        bool IsTrained(string name) => split.Train.Any(image => image.Name == name);
    }

    [Fact]
    public void A_class_of_copies_alone_leaves_nothing_to_test_with()
    {
        using var project = new TinyProject(images: 0);
        for (int i = 0; i < 4; i++)
        {
            project.Write($"pictures/Red-Sky/{i}.png", Scenes.Png(1));
            project.Write($"pictures/green_sea/{i}.png", Scenes.Png(10 + i));
        }
        SpecSource spec = project.Read(Grouped);

        Diagnostic error = Assert.Throws<TrainingException>(() => Load(spec, project.Cache)).Diagnostic;

        Assert.Equal(("MSPEC1007", 9, 9), (error.Descriptor.Code, error.Span.Line, error.Span.Column));
        Assert.Contains("'red sky' has 4 images, of which the split leaves none for testing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_importer_that_divides_its_images_cannot_be_grouped()
    {
        using var project = new TinyProject();
        project.Write("labels.csv", "path,label,part\npictures/Red-Sky/00.png,red sky,Train\npictures/green_sea/deep/00.png,green sea,Test\n");
        SpecSource spec = project.Read(PluginCompiler.WithTestPlugin(), ("\"pictures\"", "\"csv:labels.csv\""), Grouped);

        Diagnostic error = Assert.Throws<TrainingException>(() => Load(spec, project.Cache)).Diagnostic;

        Assert.Equal(("MSPEC1010", 9, 9), (error.Descriptor.Code, error.Span.Line, error.Span.Column));
        Assert.Contains("'csv'", error.Message, StringComparison.Ordinal);
    }

    private static DatasetSplit Drawn()
    {
        return new DatasetSplit("/", Part(0, 12), Part(12, 4), Part(16, 8));

        // The first half of each part is of class 0.
        static LabeledImage[] Part(int first, int count) =>
            [.. Enumerable.Range(0, count).Select(i => new LabeledImage($"/{first + i:00}", $"{first + i:00}", 2 * i / count))];
    }

    private static TinyProject WithCopies()
    {
        var project = new TinyProject(images: 12);
        for (int i = 0; i < 8; i++)
        {
            using SKBitmap scene = Scenes.Draw(i), small = Scenes.Resize(scene, 64, 64);
            project.Write($"pictures/Red-Sky/scene{i}.png", Scenes.Png(scene));
            project.Write($"pictures/Red-Sky/scene{i}-small.jpg", Scenes.Jpeg(small, 85));
        }
        return project;
    }

    private static DatasetSplit Load(SpecSource spec, string cache)
    {
        using var client = new HttpClient();
        var assets = new AssetFolders([], cache);
        var log = new RecordingLog();
        return new DatasetLoader(assets, new Downloader(assets, log, client), log).Load(spec);
    }
}
