using System.Reflection;
using System.Text.RegularExpressions;
using ModelSpec.Diagnostics;

namespace ModelSpec.Tests;

/// <summary><c>docs/diagnostics.md</c> has one row with an anchor for each code that the language, the trainer or the build can report.</summary>
public partial class DiagnosticDocumentationTests
{
    private static readonly string[] Anchored =
    [
        .. AnchorPattern().Matches(File.ReadAllText(Path.Combine(Metadata("Docs"), "diagnostics.md"))).Select(static row => row.Groups["code"].Value),
    ];

    [Fact]
    public void Every_code_of_the_language_has_an_anchor()
    {
        string[] codes =
        [
            .. typeof(SpecDiagnostics).GetFields(BindingFlags.Static | BindingFlags.Public)
                .Select(static field => field.GetValue(null)).OfType<DiagnosticDescriptor>().Select(static descriptor => descriptor.Code),
        ];

        Assert.Contains("MSPEC0001", codes);
        Assert.Empty(codes.Except(Anchored));
    }

    [Theory]
    [InlineData("Training/Diagnostics/TrainingDiagnostics.cs", "MSPEC1001")]
    [InlineData("Training.Tasks/RunTrainer.cs", "MSPEC3006")]
    [InlineData("Training.Tasks/build/FineTune.Build.targets", "MSPEC3001")]
    [InlineData("Training.Tasks/build/FineTune.TrainerPackages.targets", "MSPEC3077")]
    public void Every_code_of_the_sources_has_an_anchor(string file, string one)
    {
        string source = File.ReadAllText(Path.Combine(Metadata("Sources"), "..", file));
        string[] codes = [.. CodePattern().Matches(source).Select(static code => code.Value).Distinct()];

        Assert.Contains(one, codes);
        Assert.Empty(codes.Except(Anchored));
    }

    [Fact]
    public void No_code_has_two_rows() => Assert.Equal(Anchored.Distinct(), Anchored);

    // The anchor is the code in lower case, so a link can be made from the code.
    [GeneratedRegex(@"^\| <a id=""mspec(?<digits>\d{4})""></a>(?<code>MSPEC\k<digits>) \|", RegexOptions.Multiline)]
    private static partial Regex AnchorPattern();

    [GeneratedRegex(@"MSPEC\d{4}")]
    private static partial Regex CodePattern();

    private static string Metadata(string key) =>
        typeof(DiagnosticDocumentationTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
