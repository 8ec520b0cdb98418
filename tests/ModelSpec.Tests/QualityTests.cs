using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

public class QualityTests
{
    private const string Split = "{ train = 0.75, test = 0.25 }";

    // The lines of [quality] or the split, the position of the error, its code, and a part of its message.
    [Theory]
    [InlineData("min_accuracy = 0", Split, "0\n\n[backbone", "MSPEC0005", "(0, 1]")]
    [InlineData("min_accuracy = 94", Split, "94", "MSPEC0005", "(0, 1]")]
    [InlineData("min_accuracy = \"high\"", Split, "\"high\"", "MSPEC0004", "a number")]
    [InlineData("max_drop = 1", Split, "1\n\n[backbone", "MSPEC0005", "[0, 1)")]
    [InlineData("cross_validation = 1", Split, "1\n\n[backbone", "MSPEC0005", "[2, 100]")]
    [InlineData("cross_validation = 2.5", Split, "2.5", "MSPEC0004", "whole number")]
    [InlineData("min_acuracy = 0.9", Split, "min_acuracy", "MSPEC0002", "Did you mean 'min_accuracy'?")]
    [InlineData("", "{ official = 0 }", "0 }", "MSPEC0005", "'official'")]
    [InlineData("", "{ official = 1, train = 0.5, test = 0.5 }", "official", "MSPEC0014", "remove 'official'")]
    [InlineData("", "{ officil = 1 }", "{ officil", "MSPEC0014", "'official' alone is enough")]
    public void An_error_has_its_code_its_place_and_the_way_out(string quality, string split, string place, string code, string message)
    {
        string text = Text(quality, split);

        Diagnostic diagnostic = Assert.Single(Specs.Build(text).Diagnostics, d => d.Descriptor.Code == code);

        Assert.Equal(Specs.Position(text, place), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cross_validation_needs_a_first_stage_that_freezes_the_backbone()
    {
        string text = Text("cross_validation = 5", Split).Replace("\"0..18\"", "\"0..14\"", StringComparison.Ordinal);

        Diagnostic diagnostic = Assert.Single(Specs.Build(text).Diagnostics);

        Assert.Equal("MSPEC0044", diagnostic.Descriptor.Code);
        Assert.Equal(Specs.Position(text, "5\n\n[backbone"), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains("the stage 'warm-up'", diagnostic.Message, StringComparison.Ordinal);
        Assert.Empty(Specs.Build(Text("cross_validation = 5", Split)).Diagnostics);
    }

    [Fact]
    public void Weights_do_not_depend_on_what_is_required_of_them() => Assert.Equal(
        Specs.Plan(Specs.Flowers), Specs.Plan(Text("min_accuracy = 0.94\nmax_drop = 0.01\ncross_validation = 5", Split)));

    [Fact]
    public void An_official_split_is_a_fact_and_may_have_validation_images()
    {
        string text = Text("", "{ official = 2 }").Replace("epochs = 25", "epochs = 25\nearly_stopping = 3", StringComparison.Ordinal);

        TrainingPlan plan = Specs.Plan(text);

        Assert.Equal(new OfficialSplit(2), plan.Split);
        Assert.Equal(["[data.split] official = 2"], PlanFacts.Of(plan).Where(static fact => fact.Table == "data.split").Select(static fact => $"{fact.Name} = {fact.Value}"));
    }

    [Theory]
    [InlineData("0.94", true)]
    [InlineData("0.940001", false)]
    [InlineData("0.95", false)]
    public void The_accuracy_of_the_last_stage_is_compared_with_the_required_one(string required, bool isEnough)
    {
        string text = Text($"min_accuracy = {required}", Split);

        EquatableArray<Diagnostic> found = QualityGate.Find(text, "f.modelspec", Lock(0.94).ToString(), PluginWords.BuiltIn);

        if (isEnough)
        {
            Assert.Empty(found);
            return;
        }
        Diagnostic diagnostic = Assert.Single(found);
        Assert.Equal("MSPEC3110", diagnostic.Descriptor.Code);
        Assert.Equal(Specs.Position(text, required), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains($"is 94%, but min_accuracy = {required} requires", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_requirement_or_a_readable_lock_there_is_nothing_to_compare()
    {
        Assert.Empty(QualityGate.Find(Specs.Flowers, "f.modelspec", Lock(0.1).ToString(), PluginWords.BuiltIn));
        Assert.Empty(QualityGate.Find(Text("min_accuracy = 0.9", Split), "f.modelspec", "<<<<<<< ours\n", PluginWords.BuiltIn));
    }

    [Theory]
    [InlineData(0.93, true)]
    [InlineData(0.929, false)]
    [InlineData(0.99, true)]
    public void A_new_training_is_compared_with_the_one_that_it_replaces(double accuracy, bool isEnough)
    {
        Spec spec = SpecReader.Read(Text("max_drop = 0.01", Split), "f.modelspec", PluginWords.BuiltIn).Value!;

        Diagnostic? fault = QualityGate.Check(spec, Lock(0.94), Lock(accuracy), "Advice.");

        Assert.Equal(isEnough ? null : "MSPEC3111", fault?.Descriptor.Code);
        Assert.Null(QualityGate.Check(spec, null, Lock(accuracy), ""));
        Assert.Null(QualityGate.Check(spec, Lock(0.94, test: "other"), Lock(accuracy), ""));
        Assert.True(isEnough || fault!.Message.EndsWith("0.01 allows 1. Advice.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("same", "same", null, null, true)]
    [InlineData("same", "other", null, null, true)]
    [InlineData("same", "same", null, "t", true)]
    [InlineData("other", "same", null, "t", false)]
    [InlineData("other", "other", "t", "t", true)]
    [InlineData("same", "same", "t", "u", false)]
    public void Whether_the_test_images_are_the_same_follows_from_their_digest_or_from_all_images(
        string data, string otherSplit, string? test, string? otherTest, bool isSame)
    {
        TrainingLock one = Lock(0.9, test, "same", otherSplit == "other" ? "x" : "same"), other = Lock(0.9, otherTest, data, otherSplit == "other" ? "x" : "same");

        Assert.Equal(isSame, QualityGate.HaveSameTestImages(one, other));
        Assert.Equal(isSame, QualityGate.HaveSameTestImages(other, one));
    }

    private static string Text(string quality, string split) =>
        Specs.With(Split, split).Replace("[backbone]", $"[quality]\n{quality}\n\n[backbone]", StringComparison.Ordinal);

    private static TrainingLock Lock(double accuracy, string? test = "t", string data = "d", string split = "s")
    {
        string digest = TomlLiteral.Of(Digest.Of("x"));
        List<Fact> facts =
        [
            new("", 0, "fingerprint", digest), new("", 0, "weights", digest),
            new("stage", 1, "fingerprint", digest), new("stage", 1, "test_accuracy", "0.5"),
            new("stage", 2, "fingerprint", digest), new("stage", 2, "test_accuracy", TomlLiteral.Of(accuracy)),
            new("data", 0, "digest", TomlLiteral.Of(data)), new("split", 0, "digest", TomlLiteral.Of(split)),
        ];
        if (test is not null) facts.Add(new("split", 0, "test_digest", TomlLiteral.Of(test)));
        return new TrainingLock(facts.ToEquatableArray());
    }
}
