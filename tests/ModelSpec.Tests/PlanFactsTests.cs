using System.Reflection;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

/// <summary>
/// Every existing lock contains the text of facts or a digest of it, so a change of the text makes trained weights out of date. These files
/// therefore only change if earlier weights cannot be used any more.
/// </summary>
public class PlanFactsTests
{
    private static readonly string Folder = typeof(PlanFactsTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Facts").Value!;

    /// <summary>The parts of a plugin. Specs that do not use them have no facts about them.</summary>
    private const string Provides =
        "importer:csv(path:text=path,label:text=label,skip:whole=0), processor:random_erasing(probability:number[0..1]=0.25,fill:text=mean,gray:flag=false), "
        + "processor:invert, evaluator:calibration(bins:whole=15), exporter:npz(compress:flag=true)";

    [Theory]
    [InlineData("vgg16")]
    [InlineData("mobilenet")]
    [InlineData("every_layer")]
    [InlineData("every_type")]
    [InlineData("plugins")]
    public void The_facts_of_a_spec_are_written_as_locks_have_them(string name)
    {
        string backbone = Path.Combine(Folder, name + ".backbone");
        BackboneTable[] own = File.Exists(backbone) ? [BackboneReader.Read(File.ReadAllText(backbone), backbone).Value!] : [];
        string spec = Path.Combine(Folder, name + ".modelspec");
        TrainingPlan plan = TrainingPlanBuilder.Build(File.ReadAllText(spec), spec, new BackboneCatalogue(own), Specs.Words(Provides)).Value!;

        string text = string.Concat(PlanFacts.Of(plan).Select(static fact => $"{fact.Name} = {fact.Value}\n"))
            + "\n" + LayerFacts.Describe(plan.Network.Body) + "\n";

        string verified = Path.Combine(Folder, name + ".verified.txt");
        string expected = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n") : "";
        if (expected != text) File.WriteAllText(Path.Combine(Folder, name + ".received.txt"), text);
        Assert.Equal(expected, text);
    }

    [Fact]
    public void The_names_of_lists_are_recorded_but_weights_do_not_depend_on_them()
    {
        const string fractions = "{ train = 0.75, test = 0.25 }";
        TrainingPlan one = Specs.Plan(Specs.With(fractions, "{ train = \"a.txt\", test = \"b.txt\" }"));
        TrainingPlan other = Specs.Plan(Specs.With(fractions, "{ train = \"lists/a.txt\", test = \"lists/b.txt\" }"));

        Assert.Equal(PlanFacts.Of(one), PlanFacts.Of(other));
        Assert.Equal(
            ["[data.lists] train = \"a.txt\"", "[data.lists] test = \"b.txt\""],
            PlanFacts.Names(one).Where(static name => name.Table == PlanFacts.Lists).Select(static name => $"{name.Name} = {name.Value}"));
        Assert.DoesNotContain(new TrainingLock([.. PlanFacts.Names(one)]).Inputs, static fact => fact.Table == PlanFacts.Lists);
    }

    [Theory]
    [InlineData("{ train = \"a.txt\", validation = \"v.txt\", test = \"c.txt\" }", "[data.lists] test changed \"b.txt\" → \"c.txt\"")]
    [InlineData("{ train = \"a.txt\", test = \"b.txt\" }", "[data.lists] validation is gone, was \"v.txt\"")]
    [InlineData("{ train = 0.5, test = 0.5 }", "[data.split] train is new: 0.5")]
    [InlineData("{ train = \"a.txt\", validation = \"v.txt\", test = \"b.txt\" }", null)]
    public void A_spec_that_names_other_lists_than_its_lock_has_changed_at_its_split(string split, string? change)
    {
        const string fractions = "{ train = 0.75, test = 0.25 }";
        TrainingPlan locked = Specs.Plan(Specs.With(fractions, "{ train = \"a.txt\", validation = \"v.txt\", test = \"b.txt\" }"));
        string digest = TomlLiteral.Of(Digest.Of("x"));
        var known = new TrainingLock(
            [.. PlanFacts.Of(locked), .. PlanFacts.Names(locked), new Fact("", 0, "fingerprint", digest), new Fact("", 0, "weights", digest)]);
        string text = Specs.With(fractions, split);

        EquatableArray<Diagnostic> found = SpecDrift.Find(text, "f.modelspec", Specs.Plan(text), known.ToString(), PluginWords.BuiltIn, embedsWeights: true);

        if (change is null)
        {
            Assert.Empty(found);
            return;
        }
        Diagnostic diagnostic = Assert.Single(found);
        Assert.Equal("MSPEC3009", diagnostic.Descriptor.Code);
        Assert.Equal(Specs.Position(text, "{ train"), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains(change, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void How_images_are_resized_is_a_fact_that_gives_weights_their_meaning()
    {
        Fact[] bilinear = Facts("resnet50", "imagenet"), bicubic = Facts("efficientnet_b1", "imagenet"), random = Facts("resnet50", "none");

        Assert.Equal(["[backbone] resize = 274"], bilinear.Where(IsOfResizing).Select(static fact => $"{fact.Name} = {fact.Value}"));
        Assert.Equal(
            ["[backbone] resize = 256", "[backbone] interpolation = \"bicubic\""],
            bicubic.Where(IsOfResizing).Select(static fact => $"{fact.Name} = {fact.Value}"));
        Assert.DoesNotContain(random, IsOfResizing);
        Assert.All(bicubic.Where(IsOfResizing), static fact => Assert.True(PlanFacts.GivesMeaning(fact)));

        static bool IsOfResizing(Fact fact) => fact.Key is "resize" or "interpolation";

        static Fact[] Facts(string backbone, string weights) => [.. PlanFacts.Of(Specs.Plan(Specs.OfBackbone(backbone, weights, "[240, 240]")))];
    }
}
