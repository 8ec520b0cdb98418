using System.Reflection;
using ModelSpec.Backbones;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

/// <summary>
/// The text of facts is compared and digested in every lock there is: a change of it makes trained weights out of date. These files
/// therefore only change where weights of before cannot be used any more.
/// </summary>
public class PlanFactsTests
{
    private static readonly string Folder = typeof(PlanFactsTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Facts").Value!;

    /// <summary>What a plugin provides. Specs that do not use it have no facts of it.</summary>
    private const string Provides =
        "importer:csv(path:text=path,label:text=label,skip:whole=0), processor:random_erasing(probability:number[0..1]=0.25,fill:text=mean,gray:flag=false), "
        + "processor:invert, evaluator:calibration(bins:whole=15), exporter:npz(compress:flag=true)";

    [Theory]
    [InlineData("vgg16")]
    [InlineData("mobilenet")]
    [InlineData("every_layer")]
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
}
