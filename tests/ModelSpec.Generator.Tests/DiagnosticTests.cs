using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using ModelSpec.Backbones;
using ModelSpec.Language;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace ModelSpec.Generator.Tests;

public class DiagnosticTests
{
    [Fact]
    public void An_error_of_a_spec_is_a_compiler_error_at_its_place()
    {
        string spec = GeneratorRun.SpecText("flowers17").Replace("\"rmsprop\"", "\"rmsporp\"", StringComparison.Ordinal);

        Diagnostic diagnostic = Assert.Single(Run(new GeneratorRun.Text("/p/f.modelspec", spec)).Diagnostics);

        Assert.Equal("MSPEC0006", diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Equal("/p/f.modelspec", diagnostic.Location.GetLineSpan().Path);
        TextSpan span = diagnostic.Location.SourceSpan;
        Assert.Equal("\"rmsporp\"", spec.Substring(span.Start, span.Length));
    }

    [Fact]
    public void Two_specs_of_one_class_are_an_error()
    {
        string spec = GeneratorRun.SpecText("flowers17");

        GeneratorDriverRunResult result = Run(new GeneratorRun.Text("/p/a.modelspec", spec), new GeneratorRun.Text("/p/b.modelspec", spec));

        Diagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal("MSPEC0016", diagnostic.Id);
        Assert.Equal("/p/b.modelspec", diagnostic.Location.GetLineSpan().Path);
    }

    [Fact]
    public void A_spec_that_has_changed_since_its_weights_were_trained_says_where()
    {
        string spec = GeneratorRun.SpecText("flowers17");
        var known = new GeneratorRun.Text("/p/f.modelspec.lock", LockOf(spec));
        Assert.Empty(Run(new GeneratorRun.Text("/p/f.modelspec", spec), known).Diagnostics);

        string changed = "# Another comment.\n" + spec.Replace("learning_rate = 0.0001\nlabel_smoothing = 0.1\n\n", "learning_rate = 0.002\nlabel_smoothing = 0.1\nmomentum = 0.5\n\n", StringComparison.Ordinal);
        Diagnostic diagnostic = Assert.Single(Run(new GeneratorRun.Text("/p/f.modelspec", changed), known).Diagnostics);

        Assert.Equal("MSPEC3009", diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Warning, diagnostic.DefaultSeverity);
        Assert.Contains(
            "[[stage]] 1 learning_rate changed 0.0001 → 0.002; [[stage]] 1 momentum changed 0 → 0.5.",
            diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        int line = diagnostic.Location.GetLineSpan().StartLinePosition.Line;
        Assert.StartsWith("[[stage]]", changed.Split('\n')[line], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"daffodil\", \"snowdrop\"", "\"snowdrop\", \"daffodil\"", "classes")]
    [InlineData("[224, 224]", "[192, 224]", "[backbone]")]
    [InlineData("input        = [224, 224]", "preprocess = \"unit\"", "[backbone]")]
    [InlineData("\"relu\"", "\"gelu\"", "layers =")]
    public void Embedded_weights_of_another_meaning_are_an_error(string old, string replacement, string place)
    {
        string spec = GeneratorRun.SpecText("flowers17-pooled");
        string changed = spec.Replace(old, replacement, StringComparison.Ordinal);
        Assert.NotEqual(spec, changed);
        var embedded = new GeneratorRun.Text("/p/f.modelspec.lock", LockOf(spec)) { Metadata = { ["build_metadata.AdditionalFiles.EmbedsWeights"] = "true" } };
        Assert.Empty(Run(new GeneratorRun.Text("/p/f.modelspec", spec), embedded).Diagnostics);

        Diagnostic error = Assert.Single(Run(new GeneratorRun.Text("/p/f.modelspec", changed), embedded).Diagnostics);
        Diagnostic warning = Assert.Single(Run(new GeneratorRun.Text("/p/f.modelspec", changed), new GeneratorRun.Text("/p/f.modelspec.lock", LockOf(spec))).Diagnostics);

        Assert.Equal("MSPEC3028", error.Id);
        Assert.Equal(DiagnosticSeverity.Error, error.DefaultSeverity);
        Assert.Contains(place, changed.Split('\n')[error.Location.GetLineSpan().StartLinePosition.Line], StringComparison.Ordinal);
        Assert.Equal("MSPEC3009", warning.Id);
        Assert.Equal(error.Location, warning.Location);
    }

    [Fact]
    public void Weights_of_another_name_are_a_warning_as_they_may_be_others()
    {
        string spec = GeneratorRun.SpecText("flowers17-pooled");
        string changed = spec.Replace("\"imagenet\"", "\"mine.pth\"", StringComparison.Ordinal).Replace("input        = [224, 224]", "preprocess = \"caffe\"", StringComparison.Ordinal);

        Diagnostic diagnostic = Assert.Single(Run(new GeneratorRun.Text("/p/f.modelspec", changed), new GeneratorRun.Text("/p/f.modelspec.lock", LockOf(spec))).Diagnostics);

        Assert.Equal("MSPEC3009", diagnostic.Id);
        Assert.Contains("[backbone] weights changed", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Fact]
    public void Embedded_weights_of_another_training_are_a_warning()
    {
        string spec = GeneratorRun.SpecText("flowers17-pooled");
        var embedded = new GeneratorRun.Text("/p/f.modelspec.lock", LockOf(spec)) { Metadata = { ["build_metadata.AdditionalFiles.EmbedsWeights"] = "true" } };

        Diagnostic diagnostic = Assert.Single(Run(
            new GeneratorRun.Text("/p/f.modelspec", spec.Replace("epochs = 40", "epochs = 41", StringComparison.Ordinal)), embedded).Diagnostics);

        Assert.Equal("MSPEC3009", diagnostic.Id);
    }

    [Theory]
    [InlineData("[[stage]]", "[stage]")]
    [InlineData("[data.split]", "[\"data.split\"]\ntest = 1\n\n[data.split]")]
    public void A_lock_that_was_edited_by_hand_is_compared_as_far_as_it_goes(string old, string replacement)
    {
        string spec = GeneratorRun.SpecText("flowers17-mobilenet");
        string edited = LockOf(spec).Replace(old, replacement, StringComparison.Ordinal);

        GeneratorDriverRunResult result = Run(new GeneratorRun.Text("/p/f.modelspec", spec), new GeneratorRun.Text("/p/f.modelspec.lock", edited));

        Assert.All(result.Results, static r => Assert.Null(r.Exception));
        Assert.All(result.Diagnostics, static d => Assert.Equal("MSPEC3009", d.Id));
        Assert.Single(result.GeneratedTrees);
    }

    [Fact]
    public void The_words_of_plugins_are_known_from_their_items_without_opening_them()
    {
        string spec = GeneratorRun.SpecText("flowers17") + "\n[[processor]]\nname = \"random_erasing\"\nprobability = 0.5\n";

        GeneratorDriverRunResult result = Run(new GeneratorRun.Text("/p/f.modelspec", spec), GeneratorRun.Plugin("/p/a.dll", "processor:random_erasing(probability:number[0..1]=0.25)"));

        Assert.Empty(result.Diagnostics);
        Assert.Single(result.GeneratedTrees);
    }

    [Theory]
    [InlineData("name = \"random_erasin\"", "\"random_erasin\"", "MSPEC0006", "Did you mean 'random_erasing'?")]
    [InlineData("name = \"random_erasing\"\nprobabilty = 0.5", "probabilty", "MSPEC0002", "Did you mean 'probability'?")]
    [InlineData("name = \"random_erasing\"\nprobability = 2", "2", "MSPEC0005", "in [0, 1]")]
    public void A_typo_in_a_word_or_key_of_a_plugin_is_a_compiler_error_at_its_place(string table, string place, string code, string message)
    {
        string spec = GeneratorRun.SpecText("flowers17") + "\n[[processor]]\n" + table;

        Diagnostic diagnostic = Assert.Single(Run(
            new GeneratorRun.Text("/p/f.modelspec", spec), GeneratorRun.Plugin("/p/a.dll", "processor:random_erasing(probability:number[0..1]=0.25)")).Diagnostics);

        Assert.Equal((code, DiagnosticSeverity.Error), (diagnostic.Id, diagnostic.Severity));
        Assert.Equal("/p/f.modelspec", diagnostic.Location.GetLineSpan().Path);
        TextSpan span = diagnostic.Location.SourceSpan;
        Assert.Equal(place, spec.Substring(span.Start, span.Length));
        Assert.Contains(message, diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_plugin_provides_and_cannot_be_read_is_an_error_at_the_plugin()
    {
        GeneratorDriverRunResult result = Run(
            new GeneratorRun.Text("/p/f.modelspec", GeneratorRun.SpecText("flowers17")),
            GeneratorRun.Plugin("/p/a.dll", "exporter:npz"), GeneratorRun.Plugin("/p/b.dll", "importer:csv(path:txt)"), GeneratorRun.Plugin("/p/c.dll", "exporter:npz"));

        Assert.Equal(["MSPEC0037", "MSPEC0038"], result.Diagnostics.Select(static d => d.Id).Order());
        Diagnostic wrong = Assert.Single(result.Diagnostics, static d => d.Id == "MSPEC0037");
        Assert.Equal(("/p/b.dll", 0, 18), (wrong.Location.GetLineSpan().Path, wrong.Location.GetLineSpan().StartLinePosition.Line, wrong.Location.GetLineSpan().StartLinePosition.Character));
        string twice = result.Diagnostics.Single(static d => d.Id == "MSPEC0038").GetMessage(CultureInfo.InvariantCulture);
        Assert.Contains("'/p/a.dll' and from '/p/c.dll'", twice, StringComparison.Ordinal);
        Assert.Single(result.GeneratedTrees);
    }

    [Fact]
    public void A_value_of_a_processor_that_has_changed_since_training_is_a_warning_at_its_place()
    {
        const string provides = "processor:random_erasing(probability:number[0..1]=0.25,gray:flag=false)";
        string spec = GeneratorRun.SpecText("flowers17") + "\n[[processor]]\nname = \"random_erasing\"\nprobability = 0.5\n";
        // The trainer also records the revision, which only it knows.
        var known = new GeneratorRun.Text("/p/f.modelspec.lock", LockOf(spec, provides).Replace("[[processor]]\n", "[[processor]]\nrevision = 3\n", StringComparison.Ordinal));
        Assert.Empty(Run(new GeneratorRun.Text("/p/f.modelspec", spec), known, GeneratorRun.Plugin("/p/a.dll", provides)).Diagnostics);

        string changed = spec.Replace("probability = 0.5", "probability = 0.75", StringComparison.Ordinal);
        Diagnostic diagnostic = Assert.Single(Run(new GeneratorRun.Text("/p/f.modelspec", changed), known, GeneratorRun.Plugin("/p/a.dll", provides)).Diagnostics);

        Assert.Equal("MSPEC3009", diagnostic.Id);
        Assert.Equal("0.75", changed.Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length));
        Assert.Contains("[[processor]] 1 probability changed 0.5 → 0.75", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Fact]
    public void A_backbone_of_the_project_is_read_and_its_errors_are_reported()
    {
        string spec = GeneratorRun.SpecText("flowers17").Replace("\"vgg16\"", "\"tiny\"", StringComparison.Ordinal)
            .Replace("\"imagenet\"", "\"none\"", StringComparison.Ordinal)
            .Replace("0..18", "none", StringComparison.Ordinal).Replace("0..14", "none", StringComparison.Ordinal);
        const string Backbone = """
            name = "tiny"
            input = [32, 32]
            layers = [{ name = "input", type = "input" }, { name = "conv", type = "conv2d", filters = 4 }]
            """;

        GeneratorDriverRunResult good = Run(new GeneratorRun.Text("/p/f.modelspec", spec), new GeneratorRun.Text("/p/tiny.backbone", Backbone));
        GeneratorDriverRunResult bad = Run(
            new GeneratorRun.Text("/p/f.modelspec", spec),
            new GeneratorRun.Text("/p/tiny.backbone", Backbone.Replace("conv2d", "conv3d", StringComparison.Ordinal)));

        Assert.Empty(good.Diagnostics);
        Assert.Contains("public Layers::Conv2d Conv { get; }", Assert.Single(good.GeneratedTrees).ToString(), StringComparison.Ordinal);
        Assert.Contains(bad.Diagnostics, static d => d.Id == "MSPEC0006" && d.Location.GetLineSpan().Path == "/p/tiny.backbone");
    }

    private static string LockOf(string text, string provides = "")
    {
        TrainingPlan plan = TrainingPlanBuilder.Build(
            text, "f", BackboneCatalogue.BuiltIn, PluginWords.Read([new PluginItem("p.dll", provides)]).Value!).Value!;
        string digest = TomlLiteral.Of(Digest.Of("anything"));
        return new TrainingLock([.. PlanFacts.Of(plan), .. PlanFacts.Names(plan), new Fact("", 0, "fingerprint", digest), new Fact("", 0, "weights", digest)]).ToString();
    }

    private static GeneratorDriverRunResult Run(params AdditionalText[] files) =>
        GeneratorRun.Driver(files).RunGenerators(GeneratorRun.Compilation()).GetRunResult();
}
