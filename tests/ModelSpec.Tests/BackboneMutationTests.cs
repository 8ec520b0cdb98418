using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Plans;

namespace ModelSpec.Tests;

/// <summary>Tables in every state of an edit: the reader returns a table or errors, and never throws.</summary>
public class BackboneMutationTests
{
    public static TheoryData<string> Names => ["vgg11", "resnet18", "mobilenet_v2", "densenet121", "vit_b_32", "convnext_tiny", "efficientnet_b0", "inception_v3"];

    private static readonly string[] Pieces =
    [
        "", " ", "\n", "\"", "[", "]", "{", "}", "=", ",", ".", "#", "$", "$input", "$filters", "{n}", "..", "0..9999", "-1", "0", "1", "7", "65536", "1e9", "inf", "nan",
        "true", "from", "block", "type", "name", "key", "n = \"0..9999\"", "\"add\"", "\"concat\"", "\"tokens\"", "\"flatten\"", "\"linear\"", "\"input\"", "layers",
        "[block.bottleneck]", "[[layers]]", "[]", "\0", "é", "\ud800",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_with_random_edits_is_read_or_refused(string name)
    {
        for (int seed = 0; seed < 250; seed++)
        {
            string text = Mutate(BuiltInBackboneTests.Text(name), new Random(seed));

            Result<BackboneTable> result = BackboneReader.Read(text, "mutant.backbone");

            Assert.Equal((seed, result.Value is null), (seed, result.HasErrors));
            Assert.All(result.Diagnostics, d => Assert.True(d.Span is { Line: > 0, Column: > 0 }, $"{seed}: {d}"));
            if (result.Value is not { } table) continue;
            // A table that was read gives a network, or errors in the spec.
            Result<TrainingPlan> plan = Backbones.Spec(table, "backbone");
            Assert.Equal((seed, plan.Value is null), (seed, plan.HasErrors));
        }
    }

    private static string Mutate(string text, Random random)
    {
        for (int edits = random.Next(1, 5); edits > 0; edits--)
        {
            int start = random.Next(text.Length + 1);
            int end = Math.Min(text.Length, start + random.Next(new[] { 1, 1, 4, 40, 400 }[random.Next(5)]));
            int copied = random.Next(text.Length);
            string inserted = random.Next(5) == 0 ? text.Substring(copied, Math.Min(40, text.Length - copied)) : Pieces[random.Next(Pieces.Length)];
            text = text[..start] + inserted + text[end..];
        }
        return text;
    }
}
