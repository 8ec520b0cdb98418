using System.CommandLine;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using ModelSpec.Generator;

namespace FineTune.Benchmarks;

/// <summary>What the source generator costs in an editor: for a changed spec, and for a change of other code.</summary>
internal sealed class Generator : Command
{
    public Generator()
        : base("generator", "The source generator on a changed spec and on a changed C# file.") => SetAction(static _ => Measure());

    private static void Measure()
    {
        string path = Specs.PathOf("vgg16");
        string text = File.ReadAllText(path);
        var before = new SpecText(path, text);
        CSharpCompilation compilation = CSharpCompilation.Create("App", [CSharpSyntaxTree.ParseText("class A;")]);
        GeneratorDriver warm = CSharpGeneratorDriver.Create(new ClassifierGenerator()).AddAdditionalTexts([before]).RunGenerators(compilation);
        int edit = 0;
        IReadOnlyList<Measurement> times = Commands.Interleave(100,
            ("a changed spec", () => warm = warm.ReplaceAdditionalText(before, before = new SpecText(path, text.Replace("linear(256)", $"linear({256 + ++edit})", StringComparison.Ordinal))).RunGenerators(compilation)),
            ("a changed C# file", () => warm = warm.RunGenerators(compilation = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText($"class B{++edit};")))));
        foreach (Measurement time in times) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.Name,-18} median {1000 * time.Median:0.00} ms, max {1000 * time.Seconds.Max():0.00} ms"));
    }

    private sealed class SpecText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
