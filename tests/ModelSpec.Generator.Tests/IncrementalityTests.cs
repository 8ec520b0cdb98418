using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ModelSpec.Generator.Tests;

public class IncrementalityTests
{
    private static readonly GeneratorRun.Text Flowers = new("/p/flowers.modelspec", GeneratorRun.SpecText("flowers17"));

    private static readonly GeneratorRun.Text Pets = new(
        "/p/pets.modelspec", GeneratorRun.SpecText("flowers17-mobilenet").Replace("\"FlowerClassifier\"", "\"PetClassifier\"", StringComparison.Ordinal));

    [Fact]
    public void An_edit_to_unrelated_code_regenerates_nothing()
    {
        CSharpCompilation compilation = GeneratorRun.Compilation("class A;");
        GeneratorDriver driver = GeneratorRun.Driver(Flowers, Pets).RunGenerators(compilation);

        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class B;", (CSharpParseOptions)compilation.SyntaxTrees[0].Options)));

        GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);
        Assert.All(Reasons(result, ClassifierGenerator.NetworkStep), static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
        Assert.All(OutputReasons(result), static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Fact]
    public void One_changed_spec_regenerates_one_class()
    {
        CSharpCompilation compilation = GeneratorRun.Compilation();
        GeneratorDriver driver = GeneratorRun.Driver(Flowers, Pets).RunGenerators(compilation);
        var changed = new GeneratorRun.Text(Pets.Path, Pets.GetText().ToString().Replace("\"pansy\"", "\"pug\"", StringComparison.Ordinal));

        driver = driver.ReplaceAdditionalText(Pets, changed).RunGenerators(compilation);

        GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);
        Assert.Equal([IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified], Reasons(result, ClassifierGenerator.ModelStep).OrderByDescending(static r => r));
        Assert.Contains("Pug", result.GeneratedSources[1].SourceText.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_comment_in_a_spec_changes_no_source()
    {
        CSharpCompilation compilation = GeneratorRun.Compilation();
        GeneratorDriver driver = GeneratorRun.Driver(Flowers).RunGenerators(compilation);
        var commented = new GeneratorRun.Text(Flowers.Path, "# A comment\n" + Flowers.GetText());

        driver = driver.ReplaceAdditionalText(Flowers, commented).RunGenerators(compilation);

        GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);
        Assert.Equal([IncrementalStepRunReason.Unchanged], Reasons(result, ClassifierGenerator.ModelStep));
        Assert.All(OutputReasons(result), static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorRunResult result, string step) =>
        result.TrackedSteps[step].SelectMany(static s => s.Outputs).Select(static o => o.Reason);

    private static IEnumerable<IncrementalStepRunReason> OutputReasons(GeneratorRunResult result) =>
        result.TrackedOutputSteps.SelectMany(static s => s.Value).SelectMany(static s => s.Outputs).Select(static o => o.Reason);
}
