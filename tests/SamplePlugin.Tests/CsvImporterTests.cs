using FineTune.Pipeline;

namespace SamplePlugin.Tests;

public sealed class CsvImporterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finetune").FullName;

    private readonly CsvImporter _importer = new();

    public CsvImporterTests()
    {
        foreach (string name in (string[])["a.png", "b, c.png", "\"d\".png", "e.png"]) Write("lists/pictures/" + name, "");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Paths_are_relative_to_the_file_and_fields_can_be_quoted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a file name has a quotation mark");
        Write("lists/labels.csv", """"
            label,note,path
            rose,,pictures/a.png
            tulip,"two
            lines","pictures/b, c.png"
            rose,"He said ""no""","pictures/""d"".png"

             tulip ,x, ./pictures/e.png
            """");

        ImportedDataset data = Import("lists/labels.csv");

        Assert.Equal(Path.Combine(_folder, "lists"), data.Root);
        Assert.Equal(
            [("pictures/a.png", 0), ("pictures/b, c.png", 1), ("pictures/\"d\".png", 0), ("pictures/e.png", 1)],
            data.Images.Select(static image => (image.Name, image.Class)));
        Assert.All(data.Images, static image => Assert.True(File.Exists(image.Path) && Path.IsPathFullyQualified(image.Path)));
        Assert.All(data.Images, static image => Assert.Null(image.Part));
    }

    [Fact]
    public void The_columns_are_those_that_the_spec_names()
    {
        Write("labels.csv", "path,label,file,kind\nx,x,lists/pictures/a.png,tulip\n");

        ImportedImage image = Assert.Single(Import("labels.csv", ("path", "file"), ("label", "kind")).Images);

        Assert.Equal(("lists/pictures/a.png", 1), (image.Name, image.Class));
    }

    [Theory]
    [InlineData("file,label\n", "path", "no column 'path', but file, label")]
    [InlineData("path,labels\n", "label", "no column 'label', but path, labels")]
    [InlineData("", null, "is empty")]
    [InlineData("path,label\nlists/pictures/a.png,rose\nlists/pictures/e.png,rosy\n", PipelineException.Classes, "labels.csv(3): 'rosy' is not a class of the spec: rose, tulip")]
    [InlineData("path,label\nlists/pictures/z.png,rose\n", null, "labels.csv(2): there is no image")]
    [InlineData("path,label\nlists/pictures/a.png\n", null, "labels.csv(2): this row cannot be read")]
    [InlineData("path,label\nlists/pictures/a.png,rose\"x\n", null, "labels.csv(2): this row cannot be read")]
    public void An_error_names_the_row_and_the_key(string csv, string? key, string message)
    {
        Write("labels.csv", csv);

        PipelineException error = Assert.Throws<PipelineException>(() => Import("labels.csv"));

        Assert.Equal(key, error.Key);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_is_an_error_with_the_way_out()
    {
        Write("labels.csv", "path,label\n");

        Assert.True(_importer.IsHere(Context("labels.csv")));
        Assert.False(_importer.IsHere(Context("label.csv")));
        Assert.False(_importer.IsHere(Context("")));
        Assert.Contains("Write source = \"csv:PATH\"", Assert.Throws<PipelineException>(() => Import("label.csv")).Message, StringComparison.Ordinal);
    }

    private ImportedDataset Import(string argument, params (string, object)[] values) => _importer.Import(Context(argument, values));

    private ImportContext Context(string argument, params (string, object)[] values) => new()
    {
        Folder = _folder,
        Classes = ["rose", "tulip"],
        Values = Contexts.ValuesOf(_importer, values),
        Report = new Contexts.Silence(),
        Cancellation = TestContext.Current.CancellationToken,
        Argument = argument,
        Assets = null!,
    };

    private void Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
