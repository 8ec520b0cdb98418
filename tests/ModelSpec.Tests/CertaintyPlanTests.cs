using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

public class CertaintyPlanTests
{
    private const string Split = "{ train = 0.75, test = 0.25 }";
    private const string Validated = "{ train = 0.5, validation = 0.25, test = 0.25 }";

    [Fact]
    public void The_words_of_certainty_are_part_of_the_plan()
    {
        CertaintyPlan plan = Specs.Plan(Text("calibrate = true\naccept = 0.95", "\noutside = [\"ants\", \"bees\"]")).Certainty;

        Assert.True(plan.Calibrate);
        Assert.Equal(0.95, plan.Accept);
        Assert.Equal(["ants", "bees"], plan.Outside);
        Assert.Equal(["ants"], Specs.Plan(Text("", "\noutside = \"ants\"")).Certainty.Outside);
    }

    [Fact]
    public void Without_them_nothing_is_learnt_and_calibrate_false_needs_no_validation_images()
    {
        Assert.True(Specs.Plan(Specs.Flowers).Certainty.IsEmpty);
        Assert.True(Specs.Plan(Specs.With("[head]", "[predict]\ncalibrate = false\n\n[head]")).Certainty.IsEmpty);
    }

    [Fact]
    public void The_trained_weights_do_not_depend_on_them()
    {
        TrainingPlan without = Specs.Plan(Text("", "")), with = Specs.Plan(Text("calibrate = true\naccept = 0.95", "\noutside = \"ants\""));

        Assert.Equal(PlanFacts.Of(without), PlanFacts.Of(with));
        Assert.Empty(PlanFacts.Answering(without));
        Assert.Equal(["calibrate = true", "accept = 0.95"], PlanFacts.Answering(with).Select(static fact => $"{fact.Key} = {fact.Value}"));
    }

    [Fact]
    public void A_spec_that_asks_for_another_certainty_than_its_lock_has_changed_there()
    {
        TrainingPlan before = Specs.Plan(Text("accept = 0.95", ""));
        string hex = new('0', 64);
        string lockText = new TrainingLock([
            .. PlanFacts.Of(before), .. PlanFacts.Answering(before), .. PlanFacts.Names(before),
            new("", 0, "fingerprint", $"\"sha256:{hex}\""), new("", 0, "weights", $"\"sha256:{hex}\""), new(TrainingLock.Certainty, 0, "threshold", "0.5"),
        ]).ToString();
        string text = Text("accept = 0.9", "");

        Assert.Empty(SpecDrift.Find(Text("accept = 0.95", ""), "a.modelspec", before, lockText, PluginWords.BuiltIn, embedsWeights: true));
        Diagnostic diagnostic = Assert.Single(SpecDrift.Find(text, "a.modelspec", Specs.Plan(text), lockText, PluginWords.BuiltIn, embedsWeights: true));

        Assert.Equal("MSPEC3009", diagnostic.Descriptor.Code);
        Assert.Contains("accept changed 0.95 → 0.9", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal(Specs.Position(text, "0.9\n\n[head]"), (diagnostic.Span.Line, diagnostic.Span.Column));
    }

    private static string Text(string predict, string data) => Specs.Flowers
        .Replace(Split, Validated + data, StringComparison.Ordinal)
        .Replace("[head]", $"[predict]\n{predict}\n\n[head]", StringComparison.Ordinal);
}
