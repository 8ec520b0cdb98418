using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Language;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

/// <summary>A spec without errors, and ways to put one in.</summary>
internal static class Specs
{
    public const string Flowers = """
        [model]
        name      = "FlowerClassifier"
        namespace = "Flowers17"
        classes   = ["daffodil", "snowdrop", "lily valley"]
        seed      = 42

        [data]
        source = "flowers17"
        split  = { train = 0.75, test = 0.25 }

        [data.augment]
        rotation = 30
        fill = "nearest"

        [backbone]
        architecture = "vgg16"
        weights      = "imagenet"
        input        = [224, 224]

        [head]
        layers = ["flatten", "linear(256)", "relu", "dropout(0.5)", "linear(3)", "softmax"]

        [[stage]]
        name = "warm-up"
        freeze = "0..18"
        epochs = 25
        batch_size = 32
        optimizer = "rmsprop"
        learning_rate = 0.001

        [[stage]]
        name = "fine-tune"
        freeze = "0..14"
        epochs = 100
        batch_size = 32
        optimizer = "sgd"
        learning_rate = 0.001
        """;

    public static Result<TrainingPlan> Build(string text) => Build(text, PluginWords.BuiltIn);

    public static Result<TrainingPlan> Build(string text, PluginWords words) =>
        TrainingPlanBuilder.Build(text, "flowers.modelspec", BackboneCatalogue.BuiltIn, words);

    /// <summary>The words of a plugin, in addition to the built-in ones.</summary>
    public static PluginWords Words(string provides)
    {
        Result<PluginWords> words = PluginWords.Read([new PluginItem("/p/flowers.dll", provides)]);
        Assert.Empty(words.Diagnostics);
        return words.Value!;
    }

    public static Network Network(string text) => Plan(text).Network;

    public static TrainingPlan Plan(string text)
    {
        Result<TrainingPlan> result = Build(text);
        Assert.Empty(result.Diagnostics);
        return result.Value!;
    }

    /// <summary>The spec with another backbone, whose last pixels are averaged.</summary>
    public static string OfBackbone(string backbone, string weights, string input) => Flowers
        .Replace("\"vgg16\"", $"\"{backbone}\"", StringComparison.Ordinal)
        .Replace("\"imagenet\"", $"\"{weights}\"", StringComparison.Ordinal)
        .Replace("[224, 224]", input, StringComparison.Ordinal)
        .Replace("\"flatten\"", "\"global_average_pool\"", StringComparison.Ordinal)
        .Replace("0..18", "backbone", StringComparison.Ordinal)
        .Replace("0..14", "none", StringComparison.Ordinal);

    /// <summary>Replaces text that occurs once in the spec.</summary>
    public static string With(string old, string replacement)
    {
        Assert.Equal(2, Flowers.Split(old).Length);
        return Flowers.Replace(old, replacement, StringComparison.Ordinal);
    }

    /// <summary>The line and column, from 1, where <paramref name="part"/> begins.</summary>
    public static (int Line, int Column) Position(string text, string part)
    {
        int at = text.IndexOf(part, StringComparison.Ordinal);
        Assert.True(at >= 0, $"'{part}' is not in the text");
        string before = text[..at];
        return (before.Count(static c => c == '\n') + 1, at - before.LastIndexOf('\n'));
    }
}
