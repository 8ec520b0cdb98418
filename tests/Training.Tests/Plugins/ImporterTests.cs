using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;

namespace Training.Tests.Plugins;

public class ImporterTests
{
    private static readonly (string Old, string New) Source = ("source = \"pictures\"", "source = \"csv:labels.csv\"");

    [Fact]
    public void An_importer_of_a_plugin_finds_the_images_and_its_revision_and_keys_are_in_the_lock()
    {
        using TinyProject project = Table();
        var log = new RecordingLog();

        project.Train(project.Read(PluginCompiler.WithTestPlugin(), Source), log);

        Assert.Contains(log.Lines, static line => line.EndsWith(": 32 rows", StringComparison.Ordinal));
        string text = File.ReadAllText(project.Lock);
        Assert.Contains("[data.importer]\nlabel = \"label\"\nname = \"csv\"\npath = \"path\"\nrevision = 3\n", text, StringComparison.Ordinal);
        Assert.NotNull(TrainingLock.Read(text, "x").Value);
    }

    [Fact]
    public void Images_that_an_importer_divides_are_taken_as_they_are_and_other_parts_train_again()
    {
        using TinyProject project = Table(static i => i % 4 == 0 ? ",Test" : ",Train", ",part");
        SpecSource spec = project.Read(PluginCompiler.WithTestPlugin(), Source);
        var log = new RecordingLog();
        project.Train(spec, log);
        Assert.Contains(log.Lines, static line => line.Contains("decoded 32 images (24 train, 0 validation, 8 test)", StringComparison.Ordinal));

        project.Write("labels.csv", File.ReadAllText(project["labels.csv"]).Replace("Red-Sky/01.png,red sky,Train", "Red-Sky/01.png,red sky,Test", StringComparison.Ordinal));
        var again = new RecordingLog();
        project.BringUpToDate(spec, again);

        Assert.Contains(again.Lines, static line => line.Contains("trains, as [data] parts changed", StringComparison.Ordinal));
    }

    [Fact]
    public void An_error_of_an_importer_is_at_the_key_that_it_names()
    {
        using TinyProject project = Table();

        Diagnostic diagnostic = project.TrainAndFail(project.Read(
            PluginCompiler.WithTestPlugin(), ("source = \"pictures\"", "source = \"csv:labels.csv\"\nlabel = \"kind\"")));

        Assert.Equal("MSPEC3050", diagnostic.Descriptor.Code);
        Assert.Equal((8, 9), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Equal("The table has no column 'kind'.", diagnostic.Message);
    }

    [Fact]
    public void An_error_of_an_importer_has_the_code_that_it_gives()
    {
        using TinyProject project = Table();

        Diagnostic diagnostic = project.TrainAndFail(project.Read(PluginCompiler.WithTestPlugin(), ("source = \"pictures\"", "source = \"csv:none.csv\"")));

        Assert.Equal("TEST0001", diagnostic.Descriptor.Code);
        Assert.Equal((7, 10), (diagnostic.Span.Line, diagnostic.Span.Column));
    }

    [Fact]
    public void A_part_that_throws_something_else_is_an_error_that_names_plugin_part_and_exception()
    {
        using var folder = new TemporaryFolder();
        using TinyProject project = Table();

        Diagnostic diagnostic = project.TrainAndFail(With(project, folder, "throw new InvalidOperationException(\"Out of luck.\");"));

        Assert.Equal("MSPEC3057", diagnostic.Descriptor.Code);
        Assert.Contains("importer 'other' of the plugin Other.dll", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: Out of luck.", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("I.Import", diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("new ImportedImage(\"a.png\", \"a\", 2)", "has the class 2")]
    [InlineData("new ImportedImage(\"a.png\", \"a\", 0), new ImportedImage(\"b.png\", \"a\", 1)", "two images 'a'")]
    [InlineData("new ImportedImage(\"a.png\", \"a\", 0, DatasetPart.Train), new ImportedImage(\"b.png\", \"b\", 1)", "1 of 2 images have a part")]
    [InlineData("new ImportedImage(\"a.png\", \"a\", 0, DatasetPart.Train)", "no image is in the part test")]
    [InlineData("", "no images")]
    public void A_dataset_that_breaks_the_contract_is_an_error_that_names_the_importer(string images, string fault)
    {
        using var folder = new TemporaryFolder();
        using TinyProject project = Table();

        Diagnostic diagnostic = project.TrainAndFail(With(project, folder, $"return new ImportedDataset(\"/\", new ImportedImage[] {{ {images} }});"));

        Assert.Equal("MSPEC3059", diagnostic.Descriptor.Code);
        Assert.Contains("importer 'other' of the plugin Other.dll", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(fault, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_does_not_stop_after_a_cancellation_is_abandoned_and_named()
    {
        using var folder = new TemporaryFolder();
        using TinyProject project = Table();
        SpecSource spec = With(project, folder, "return null;");
        RegisteredPart<IDatasetImporter> part = spec.Parts.Find<IDatasetImporter>("other");
        using var cancellation = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        using var never = new ManualResetEventSlim();
        Task call = Task.Run(() => PartCall.Run(part, new PartPlace(spec, spec.Spec.Data.Importer), Hang, TimeSpan.FromMilliseconds(1), cancellation.Token), CancellationToken.None);
        begun.Wait(TestContext.Current.CancellationToken);

        await cancellation.CancelAsync();

        Diagnostic diagnostic = (await Assert.ThrowsAsync<TrainingException>(() => call)).Diagnostic;
        Assert.Equal("MSPEC3058", diagnostic.Descriptor.Code);
        Assert.Contains("importer 'other' of the plugin Other.dll", diagnostic.Message, StringComparison.Ordinal);
        never.Set();

        int Hang()
        {
            begun.Set();
            never.Wait();
            return 0;
        }
    }

    [Fact]
    public void A_split_into_folders_of_an_importer_without_folders_is_an_error()
    {
        using TinyProject project = Table();

        Diagnostic diagnostic = project.TrainAndFail(project.Read(
            PluginCompiler.WithTestPlugin(), Source, ("{ train = 0.75, test = 0.25 }", "{ train = \"train\", test = \"val\" }")));

        Assert.Equal("MSPEC3061", diagnostic.Descriptor.Code);
    }

    private static SpecSource With(TinyProject project, TemporaryFolder folder, string body)
    {
        string plugin = PluginCompiler.Plugin(folder, "Other", "pipeline.Add(new I());", PluginCompiler.Importer("I", "other", body));
        return project.Read(PluginCompiler.Load($"{plugin}|importer:other"), ("source = \"pictures\"", "source = \"other:x\""));
    }

    /// <summary>A project with a table of its pictures.</summary>
    private static TinyProject Table(Func<int, string>? more = null, string header = "")
    {
        var project = new TinyProject();
        IEnumerable<string> rows = Enumerable.Range(0, 16).SelectMany(i => (string[])
            [$"pictures/green_sea/deep/{i:00}.png,green sea{more?.Invoke(i)}", $"pictures/Red-Sky/{i:00}.png,red sky{more?.Invoke(i)}"]);
        project.Write("labels.csv", string.Join('\n', rows.Prepend("path,label" + header)));
        return project;
    }
}
