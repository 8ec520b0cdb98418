using System.CommandLine;
using System.Globalization;
using ModelSpec.Backbones;
using ModelSpec.Plans;

namespace FineTune.Benchmarks;

/// <summary>The time of reading the longest tables of backbones and of creating plans from them.</summary>
internal sealed class Tables : Command
{
    private static readonly string[] Names = ["resnet152", "efficientnet_b4", "densenet121", "inception_v3", "vgg16"];

    private static readonly int[] Lengths = [1000, 9000];

    public Tables()
        : base("tables", "Reading the tables of large backbones, and building plans with them.") => SetAction(static _ => Measure());

    private static void Measure()
    {
        IReadOnlyList<Measurement> times = Commands.Interleave(100, [
            .. Names.SelectMany(static name => Things(name, BackboneReader.Read(Text(name), name).Value!, Text(name))),
            .. Lengths.SelectMany(static rows => Things(Show(rows) + " rows", BackboneReader.Read(Repeated(rows), "long").Value!, Repeated(rows))),
        ]);
        foreach (Measurement time in times)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{time.Name,-24} median {1000 * time.Median,6:0.00} ms, min {1000 * time.Seconds.Min(),6:0.00} ms"));
        }
    }

    private static IEnumerable<(string Name, Action Run)> Things(string name, BackboneTable table, string text)
    {
        var catalogue = new BackboneCatalogue([table]);
        string spec = Spec(table.Name);
        yield return ($"{name} read", () => _ = BackboneReader.Read(text, name).Value ?? throw new InvalidOperationException(name));
        yield return ($"{name} plan", () => _ = TrainingPlanBuilder.Build(spec, "s.modelspec", catalogue).Value ?? throw new InvalidOperationException(name));
    }

    /// <summary>A table with many rows, to check that the time grows linearly and not quadratically.</summary>
    private static string Repeated(int rows) => $$"""
        name = "long"
        input = [32, 32]
        layers = [
          { name = "input", type = "input" },
          { block = "residual", name = "layer{n}", n = "1..{{Show(rows / 5)}}" },
        ]
        [block.residual]
        layers = [
          { name = "conv", type = "conv2d", filters = 3 },
          { name = "bn", type = "batch_norm" },
          { name = "relu", type = "relu" },
          { name = "sum", type = "add", from = ["relu", "$input"] },
        ]
        """;

    private static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(string name)
    {
        using Stream stream = typeof(BackboneCatalogue).Assembly.GetManifestResourceStream(name + ".backbone")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Spec(string backbone) => $$"""
        [model]
        name = "Example"
        classes = ["a", "b"]
        [data]
        source = "pictures"
        split = { train = 0.5, test = 0.5 }
        [backbone]
        architecture = "{{backbone}}"
        weights = "none"
        [head]
        layers = ["global_average_pool", "linear(2)"]
        [[stage]]
        name = "warm-up"
        freeze = "backbone"
        epochs = 1
        optimizer = "sgd"
        learning_rate = 0.1
        """;
}
