using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace SamplePlugin.Tests;

/// <summary><c>docs/plugins.md</c>: its code is in files that are compiled, and its spec is read.</summary>
public partial class PageTests
{
    private const string Rest = """

        [model]
        name = "FlowerClassifier"
        classes = ["rose", "tulip"]

        [backbone]
        architecture = "vgg16"
        weights = "none"

        [head]
        layers = ["global_average_pool", "linear(2)", "softmax"]

        [[stage]]
        name = "learn"
        freeze = "none"
        epochs = 1
        batch_size = 8
        optimizer = "adam"
        learning_rate = 0.001
        """;

    [Fact]
    public void Every_piece_of_code_is_in_a_file_that_is_compiled()
    {
        string[] files = [.. CodeOf(Repository.Sample), .. CodeOf(Repository.Tests)];
        string[] pieces = [.. Blocks("csharp")];

        Assert.True(pieces.Length > 6);
        Assert.All(pieces, piece => Assert.Contains(files, file => IsIn("\n" + file, piece)));
    }

    [Fact]
    public void The_projects_are_the_files_of_the_sample() => Assert.Equal(
        [Repository.Read(Path.Combine(Repository.Sample, "SamplePlugin.csproj")), Repository.Read(Path.Combine(Repository.Sample, "build/SamplePlugin.props"))],
        Blocks("xml").Where(static block => block.StartsWith("<Project", StringComparison.Ordinal)));

    [Fact]
    public void The_spec_is_read_with_the_words_of_the_plugin()
    {
        string toml = Assert.Single(Blocks("toml"));

        Result<Spec> result = SpecReader.Read(toml + Rest, "flowers.modelspec", ProvidesTests.Words);

        Assert.Empty(result.Diagnostics);
        Spec spec = result.Value!;
        Assert.Equal(new PartUse("csv", "labels.csv", [new("label", "species"), new("path", "file")]), spec.Data.Importer.Use);
        Assert.Equal("random_erasing", Assert.Single(spec.Processors).Use.Word);
        Assert.Equal(new PartUse("calibration", "", [new("bins", 10L)]), Assert.Single(spec.Evaluators).Use);
        Assert.Equal(new PartUse("npz", "", [new("compressed", false)]), Assert.Single(spec.Exports).Use);
    }

    [Fact]
    public void Every_block_is_of_a_language_that_is_checked() =>
        Assert.Equal(["csharp", "toml", "xml"], Fence().Matches(Repository.Page).Select(static match => match.Groups["language"].Value).Distinct().Order());

    private static IEnumerable<string> Blocks(string language) =>
        Fence().Matches(Repository.Page).Where(match => match.Groups["language"].Value == language).Select(static match => match.Groups["text"].Value);

    /// <summary>Whether a file has a piece, as it is or as members of a class are indented.</summary>
    private static bool IsIn(string file, string piece) =>
        file.Contains("\n" + piece, StringComparison.Ordinal) || file.Contains("\n" + LineStart().Replace(piece, "    "), StringComparison.Ordinal);

    private static IEnumerable<string> CodeOf(string folder) => Directory.EnumerateFiles(folder, "*.cs").Select(Repository.Read);

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<text>.*?\n)```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^(?=.)", RegexOptions.Multiline)]
    private static partial Regex LineStart();
}
