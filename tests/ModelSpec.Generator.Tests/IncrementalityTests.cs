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
        Assert.All(Reasons(result, ClassifierGenerator.PlanStep), static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
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

    [Theory]
    [InlineData("epochs = 25", "epochs = 26")]
    [InlineData("learning_rate = 0.0001", "learning_rate = 0.002")]
    [InlineData("rotation = 30", "rotation = 20")]
    [InlineData("{ train = 0.75, test = 0.25 }", "{ train = 0.5, test = 0.5 }")]
    [InlineData("source = \"flowers17\"", "source = \"pictures\"")]
    [InlineData("seed      = 42", "seed      = 43")]
    public void What_only_trains_changes_no_source(string old, string replacement)
    {
        CSharpCompilation compilation = GeneratorRun.Compilation();
        GeneratorDriver driver = GeneratorRun.Driver(Flowers).RunGenerators(compilation);
        string text = Flowers.GetText().ToString();
        Assert.Contains(old, text, StringComparison.Ordinal);
        var changed = new GeneratorRun.Text(Flowers.Path, text.Replace(old, replacement, StringComparison.Ordinal));

        driver = driver.ReplaceAdditionalText(Flowers, changed).RunGenerators(compilation);

        GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(result, ClassifierGenerator.PlanStep));
        Assert.Equal([IncrementalStepRunReason.Unchanged], Reasons(result, ClassifierGenerator.ModelStep));
        Assert.All(OutputReasons(result), static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Theory]
    [InlineData("processor:invert(share:number=0.5), exporter:npz", IncrementalStepRunReason.Modified, IncrementalStepRunReason.Unchanged)]
    [InlineData("processor:invert(share:number=1), exporter:csv", IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Cached)]
    [InlineData("processor:invert( share:number = 1 ),exporter:npz", IncrementalStepRunReason.Cached, IncrementalStepRunReason.Cached)]
    public void Other_words_of_a_plugin_change_the_plan_where_it_uses_them_and_no_source(
        string provides, IncrementalStepRunReason plan, IncrementalStepRunReason model)
    {
        CSharpCompilation compilation = GeneratorRun.Compilation();
        GeneratorRun.Text before = GeneratorRun.Plugin("/p/a.dll", "processor:invert(share:number=1), exporter:npz"), after = GeneratorRun.Plugin("/p/a.dll", provides);
        var spec = new GeneratorRun.Text(Flowers.Path, Flowers.GetText() + "\n[[processor]]\nname = \"invert\"\n");
        GeneratorDriver driver = GeneratorRun.Driver(spec, before).RunGenerators(compilation);

        driver = driver.ReplaceAdditionalText(before, after).RunGenerators(compilation);

        GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);
        Assert.Equal([plan], Reasons(result, ClassifierGenerator.PlanStep));
        Assert.Equal([model], Reasons(result, ClassifierGenerator.ModelStep));
        Assert.All(OutputReasons(result), static r => Assert.Equal(IncrementalStepRunReason.Cached, r));
    }

    [Fact]
    public void A_plugin_that_is_built_again_changes_nothing()
    {
        CSharpCompilation compilation = GeneratorRun.Compilation();
        GeneratorRun.Text before = GeneratorRun.Plugin("/p/a.dll", "processor:invert"), after = GeneratorRun.Plugin("/p/a.dll", "processor:invert");
        GeneratorDriver driver = GeneratorRun.Driver(Flowers, before).RunGenerators(compilation);

        driver = driver.ReplaceAdditionalText(before, after).RunGenerators(compilation);

        GeneratorRunResult result = Assert.Single(driver.GetRunResult().Results);
        Assert.Equal([IncrementalStepRunReason.Cached], Reasons(result, ClassifierGenerator.WordsStep));
        Assert.Equal([IncrementalStepRunReason.Cached], Reasons(result, ClassifierGenerator.PlanStep));
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorRunResult result, string step) =>
        result.TrackedSteps[step].SelectMany(static s => s.Outputs).Select(static o => o.Reason);

    private static IEnumerable<IncrementalStepRunReason> OutputReasons(GeneratorRunResult result) =>
        result.TrackedOutputSteps.SelectMany(static s => s.Value).SelectMany(static s => s.Outputs).Select(static o => o.Reason);
}
