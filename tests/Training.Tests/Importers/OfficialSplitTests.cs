using System.Net;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;

namespace Training.Tests.Importers;

public class OfficialSplitTests
{
    private const int PerClass = 80, Classes = 17;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Each_official_split_of_flowers17_divides_the_images_as_its_file_says(int number)
    {
        using TemporaryFolder assets = Dataset("datasplits.mat");

        DatasetSplit split = Load(assets, number);

        Assert.True(split.IsGiven);
        Assert.Equal((40 * Classes, 20 * Classes, 20 * Classes), (split.Train.Count, split.Validation.Count, split.Test.Count));
        Assert.Equal(Names(number, 0, 40), split.Train.Select(static image => image.Name));
        Assert.Equal(Names(number, 40, 60), split.Validation.Select(static image => image.Name));
        Assert.Equal(Names(number, 60, 80), split.Test.Select(static image => image.Name));
        Assert.All(split.Test, static image => Assert.Equal((int.Parse(image.Name.AsSpan(6, 4), System.Globalization.CultureInfo.InvariantCulture) - 1) / PerClass, image.Class));
    }

    [Fact]
    public void A_file_that_is_not_the_published_one_is_reported_once()
    {
        using TemporaryFolder assets = Dataset("datasplits_plain.mat");
        var log = new RecordingLog();

        Load(assets, 1, log);
        Load(assets, 2, log);

        Diagnostic warning = Assert.Single(log.Diagnostics);
        Assert.Equal("MSPEC3060", warning.Descriptor.Code);
        Assert.Contains("instead of 4828cddfd0d803c5abbdebcb1e148a1e", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_split_that_the_dataset_does_not_have_is_an_error_at_the_split()
    {
        using TemporaryFolder assets = Dataset("datasplits.mat");

        Diagnostic fourth = Assert.Throws<TrainingException>(() => Load(assets, 4)).Diagnostic;
        using var project = new TinyProject();
        Diagnostic ofFolder = project.TrainAndFail(project.Read(("{ train = 0.75, test = 0.25 }", "{ official = 1 }")));

        Assert.Equal("MSPEC1021", fourth.Descriptor.Code);
        Assert.Contains("it has 3. Write a number from 1 to 3", fourth.Message, StringComparison.Ordinal);
        Assert.Equal("MSPEC1021", ofFolder.Descriptor.Code);
        Assert.Contains("it has none", ofFolder.Message, StringComparison.Ordinal);
        Assert.Equal(8, ofFolder.Span.Line);
    }

    [Fact]
    public void A_damaged_file_is_an_error_that_names_it()
    {
        using TemporaryFolder assets = Dataset("datasplits_v4.mat");

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => Load(assets, 1)).Diagnostic;

        Assert.Equal("MSPEC1020", diagnostic.Descriptor.Code);
        Assert.Contains(assets["flowers17/datasplits.mat"], diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_downloaded_and_the_error_says_where_to_put_it()
    {
        using TemporaryFolder assets = Dataset(null);
        SpecSource spec = Spec("{ official = 1 }");
        using var client = new HttpClient(new NoServer());
        var folders = new AssetFolders([assets.Path], assets["cache"]);
        var loader = new DatasetLoader(folders, new Downloader(folders, new RecordingLog(), client), new RecordingLog());

        Assert.False(loader.IsHere(spec));
        Assert.True(loader.IsHere(Spec("{ train = 0.5, test = 0.5 }")));
        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => loader.Load(spec)).Diagnostic;

        Assert.Equal("MSPEC2005", diagnostic.Descriptor.Code);
        Assert.Contains("https://www.robots.ox.ac.uk/~vgg/data/flowers/17/datasplits.mat", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("'flowers17/datasplits.mat'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_catalogue_lists_the_file() => Assert.Contains(RemoteFiles.All, static file => file.Name == "flowers17-splits");

    private static string[] Names(int split, int low, int high) =>
    [
        .. from number in Enumerable.Range(0, PerClass * Classes)
           let place = ((7 * (number % PerClass)) + (11 * split)) % PerClass
           where place >= low && place < high
           select $"image_{number + 1:0000}.jpg",
    ];

    private static DatasetSplit Load(TemporaryFolder assets, int number, RecordingLog? log = null)
    {
        using var client = new HttpClient(new NoServer());
        log ??= new RecordingLog();
        var folders = new AssetFolders([assets.Path], assets["cache"]);
        return new DatasetLoader(folders, new Downloader(folders, log, client), log).Load(Spec($"{{ official = {number} }}"));
    }

    /// <summary>The files of the dataset, without their pixels, and a file of splits.</summary>
    private static TemporaryFolder Dataset(string? splits)
    {
        var assets = new TemporaryFolder();
        for (int i = 1; i <= PerClass * Classes; i++) assets.Write($"flowers17/jpg/image_{i:0000}.jpg", "");
        if (splits is not null) assets.Write("flowers17/datasplits.mat", File.ReadAllBytes(MatFileTests.Fixture(splits)));
        return assets;
    }

    private static SpecSource Spec(string split)
    {
        string text = $$"""
            [model]
            name = "FlowerClassifier"
            classes = ["daffodil", "snowdrop", "lily valley", "bluebell", "crocus", "iris", "tigerlily", "tulip", "fritillary", "sunflower", "daisy",
              "coltsfoot", "dandelion", "cowslip", "buttercup", "windflower", "pansy"]

            [data]
            source = "flowers17"
            split = {{split}}

            [backbone]
            architecture = "mobilenet_v1"
            weights = "none"

            [head]
            layers = ["global_average_pool", "linear(17)"]

            [[stage]]
            name = "warm-up"
            freeze = "backbone"
            epochs = 1
            early_stopping = 1
            optimizer = "adam"
            learning_rate = 0.01
            """;
        if (!split.Contains("official", StringComparison.Ordinal)) text = text.Replace("early_stopping = 1\n", "", StringComparison.Ordinal);
        (SpecSource? source, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Parse(text, Path.GetFullPath("flowers.modelspec"), []);
        Assert.Empty(diagnostics);
        return source!;
    }

    private sealed class NoServer : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));
    }
}
