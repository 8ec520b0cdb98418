using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

/// <summary>Backbones whose tables are in a test.</summary>
internal static class Backbones
{
    /// <summary>A whole table: rows, and after them blocks.</summary>
    public static string Text(string rows, string blocks = "", string input = "[32, 32]") => $$"""
        name = "small"
        input = {{input}}
        layers = [
          { name = "input", type = "input" },
        {{rows}}
        ]
        {{blocks}}

        """.ReplaceLineEndings("\n");

    /// <summary>The table of a text without errors.</summary>
    public static BackboneTable Read(string text)
    {
        Result<BackboneTable> result = BackboneReader.Read(text, "small.backbone");
        Assert.Empty(result.Diagnostics);
        return result.Value!;
    }

    /// <summary>The layers of a text without errors.</summary>
    public static List<Layer> Layers(string text)
    {
        BackboneTable table = Read(text);
        return Build(table, table.Height, table.Width);
    }

    /// <summary>The layers of a backbone for an input of the given size.</summary>
    public static List<Layer> Build(BackboneTable table, int height, int width, double multiplier = 1) =>
        BodyBuilder.Build(table, height, width, multiplier, "").Layers;

    /// <summary>Asserts that a text has one error, and that it is at <paramref name="place"/>.</summary>
    /// <param name="text">The table.</param>
    /// <param name="place">The text at the position of the error.</param>
    /// <param name="code">The error's code.</param>
    /// <param name="message">The whole message.</param>
    public static void AssertError(string text, string place, string code, string message)
    {
        Diagnostic diagnostic = Assert.Single(BackboneReader.Read(text, "small.backbone").Diagnostics);
        (int line, int column) = Specs.Position(text, place);
        Assert.Equal($"small.backbone({line},{column}): error {code}: {message}", diagnostic.ToString());
    }

    /// <summary>The plan of a spec with a backbone, a head for three classes, and one stage.</summary>
    public static TrainingPlan Plan(BackboneTable table, string freeze, string head = "\"global_average_pool\", \"linear(3)\"")
    {
        Result<TrainingPlan> result = Spec(table, freeze, head);
        Assert.Empty(result.Diagnostics);
        return result.Value!;
    }

    /// <summary>The plan or errors of such a spec.</summary>
    public static Result<TrainingPlan> Spec(BackboneTable table, string freeze, string head = "\"global_average_pool\", \"linear(3)\"") =>
        TrainingPlanBuilder.Build($"""
        [model]
        name = "SmallClassifier"
        classes = ["a", "b", "c"]
        [data]
        source = "pictures"
        split = {"{"} train = 0.5, test = 0.5 {"}"}
        [backbone]
        architecture = "{table.Name}"
        weights = "none"
        [head]
        layers = [{head}]
        [[stage]]
        name = "only"
        freeze = "{freeze}"
        epochs = 1
        optimizer = "sgd"
        learning_rate = 0.1
        """, "small.modelspec", new BackboneCatalogue([table]));
}
