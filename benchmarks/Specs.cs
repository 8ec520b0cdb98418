using ModelSpec.Diagnostics;
using ModelSpec.Networks;

namespace FineTune.Benchmarks;

/// <summary>Specs for measuring.</summary>
internal static class Specs
{
    /// <summary>A backbone with random weights under FCHeadNet for 17 classes.</summary>
    public static Network Network(string backbone)
    {
        string classes = string.Join(", ", Enumerable.Range(1, 17).Select(static i => $"\"flower {i}\""));
        string width = backbone == "mobilenet_v1" ? "width = 0.75" : "";
        string text = $$"""
            [model]
            name = "Measured"
            classes = [{{classes}}]

            [data]
            source = "flowers17"
            split = { train = 0.75, test = 0.25 }

            [backbone]
            architecture = "{{backbone}}"
            weights = "none"
            {{width}}

            [head]
            layers = ["flatten", "linear(256)", "relu", "dropout(0.5)", "linear(17)", "softmax"]

            [[stage]]
            name = "warm-up"
            freeze = "backbone"
            epochs = 1
            optimizer = "sgd"
            learning_rate = 0.001
            """;
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".modelspec");
        File.WriteAllText(path, text);
        try
        {
            (FineTune.Training.SpecSource? source, IReadOnlyList<Diagnostic> diagnostics) = FineTune.Training.SpecSource.Read(path, []);
            return source?.Network ?? throw new InvalidOperationException(string.Join('\n', diagnostics));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
