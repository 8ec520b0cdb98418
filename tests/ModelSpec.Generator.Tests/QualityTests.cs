using System.Globalization;
using Microsoft.CodeAnalysis;
using ModelSpec.Backbones;
using ModelSpec.Locks;
using ModelSpec.Plans;

namespace ModelSpec.Generator.Tests;

public class QualityTests
{
    [Theory]
    [InlineData("0.93", 0)]
    [InlineData("0.95", 1)]
    public void A_build_that_does_not_train_compares_the_figures_of_the_lock(string required, int errors)
    {
        string spec = GeneratorRun.SpecText("flowers17-mobilenet");
        string text = spec.Replace("[backbone]", $"[quality]\nmin_accuracy = {required}\n\n[backbone]", StringComparison.Ordinal);

        GeneratorDriverRunResult result = GeneratorRun
            .Driver(new GeneratorRun.Text("/p/f.modelspec", text), new GeneratorRun.Text("/p/f.modelspec.lock", LockOf(spec, 0.94)))
            .RunGenerators(GeneratorRun.Compilation(), TestContext.Current.CancellationToken).GetRunResult();

        Assert.Equal(errors, result.Diagnostics.Length);
        Assert.All(result.Diagnostics, error =>
        {
            Assert.Equal("MSPEC3110", error.Id);
            Assert.Equal(DiagnosticSeverity.Error, error.DefaultSeverity);
            Assert.Equal($"min_accuracy = {required}", text.Split('\n')[error.Location.GetLineSpan().StartLinePosition.Line]);
            Assert.Equal("min_accuracy = ".Length, error.Location.GetLineSpan().StartLinePosition.Character);
            Assert.Contains("94%", error.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        });
    }

    private static string LockOf(string spec, double accuracy)
    {
        TrainingPlan plan = TrainingPlanBuilder.Build(spec, "f.modelspec", BackboneCatalogue.BuiltIn).Value!;
        string digest = TomlLiteral.Of(Digest.Of("x"));
        return new TrainingLock(
        [
            .. PlanFacts.Of(plan), .. PlanFacts.Names(plan), new Fact("", 0, "fingerprint", digest), new Fact("", 0, "weights", digest),
            .. plan.Stages.SelectMany((_, i) => (Fact[])[new("stage", i + 1, "fingerprint", digest), new("stage", i + 1, "test_accuracy", TomlLiteral.Of(accuracy))]),
        ]).ToString();
    }
}
