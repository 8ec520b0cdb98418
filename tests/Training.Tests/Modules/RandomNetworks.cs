using System.Globalization;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Networks;
using ModelSpec.Plans;

namespace Training.Tests.Modules;

/// <summary>A backbone and a spec for it, and what they mean.</summary>
internal sealed record RandomNetwork(string Backbone, string Spec, TrainingPlan Plan)
{
    public Network Network => Plan.Network;
}

/// <summary>Draws networks of all kinds of layers, with inputs that are not square. A seed gives the same network on every machine.</summary>
internal static class RandomNetworks
{
    private const int Classes = 3;

    /// <summary>Draws until a backbone's input is large enough for it.</summary>
    public static RandomNetwork Draw(int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"random{seed}");
            string backbone = Backbone(random, name);
            string spec = Spec(random, name, seed, backbone.Contains("first_token", StringComparison.Ordinal));
            Result<BackboneTable> table = BackboneReader.Read(backbone, name + ".backbone");
            Assert.Empty(table.Diagnostics);
            Result<TrainingPlan> plan = TrainingPlanBuilder.Build(spec, name + ".modelspec", new BackboneCatalogue([table.Value!]));
            if (plan.Value is not null) return new RandomNetwork(backbone, spec, plan.Value);
            Assert.All(plan.Diagnostics, static d => Assert.Contains(d.Descriptor.Code, (string[])["MSPEC0012", "MSPEC0013"]));
        }
    }

    private static string Backbone(Random random, string name)
    {
        var rows = new RandomRows(random);
        int parts = random.Next(1, 7);
        for (int i = 0; i < parts; i++) rows.AddPart();
        if (random.Next(4) == 0) rows.AddTransformer();
        return string.Create(CultureInfo.InvariantCulture, $"""
            name = "{name}"
            input = [{random.Next(9, 70)}, {random.Next(9, 70)}]
            layers = [
            {rows}]
            """);
    }

    private static string Spec(Random random, string backbone, int seed, bool endsInVector)
    {
        List<string> head = [];
        if (random.Next(3) == 0) head.Add("batch_norm");
        if (random.Next(3) == 0) head.Add("relu");
        if (!endsInVector) head.Add(random.Next(3) switch { 0 => "flatten", 1 => "global_average_pool", _ => "global_max_pool" });
        if (random.Next(2) == 0)
        {
            head.Add("linear(5)");
            head.Add(random.Next(4) switch { 0 => "relu", 1 => "gelu", 2 => "tanh", _ => "batch_norm" });
            head.Add("dropout(0.5)");
        }
        head.Add($"linear({Classes})");
        if (random.Next(2) == 0) head.Add("softmax");
        return $$"""
            [model]
            name = "RandomClassifier"
            namespace = "Random{{seed}}"
            classes = ["a", "b", "c"]

            [data]
            source = "pictures"
            split = { train = 0.5, test = 0.5 }

            [backbone]
            architecture = "{{backbone}}"
            weights = "none"

            [head]
            layers = [{{string.Join(", ", head.Select(static word => $"\"{word}\""))}}]

            [[stage]]
            name = "all"
            epochs = 1
            optimizer = "sgd"
            learning_rate = 0.1
            """;
    }
}
