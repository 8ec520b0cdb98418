using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ModelSpec.Generator.Tests;

/// <summary>The C# in the documents compiles against the libraries and against the generated class of the sample for Flowers-17.</summary>
public sealed partial class DocumentTests
{
    /// <summary>Documents whose C# other tests compare with sources that are compiled: <c>samples/Plugin</c> and the example of a layer type.</summary>
    private static readonly string[] ComparedElsewhere = ["plugins.md", "backbones.md"];

    /// <summary>What snippets may use without saying where it is from.</summary>
    private static readonly (string Type, string Name)[] Given =
    [
        ("FlowerClassifier", "flowers"), ("byte[]", "jpegBytes"), ("HostApplicationBuilder", "builder"),
    ];

    public static TheoryData<string, string> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, string>();
            foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository, "docs"), "*.md").Append(Path.Combine(Repository, "README.md")).Order(StringComparer.Ordinal))
            {
                string name = Path.GetFileName(file);
                if (ComparedElsewhere.Contains(name)) continue;
                foreach (Match block in Fence().Matches(File.ReadAllText(file).ReplaceLineEndings("\n"))) blocks.Add(name, block.Groups["code"].Value);
            }
            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void CSharp_in_a_document_compiles(string document, string code)
    {
        string[] errors = [.. Errors(code)];

        Assert.True(errors.Length == 0, $"{document}:\n{code}\n{string.Join("\n", errors)}");
    }

    [Theory]
    [InlineData("flowers.Predikt(\"photo.jpg\");", "CS1061")]
    [InlineData("FlowerLabel label = flowers.Predict(\"photo.jpg\");", "CS0029")]
    public void CSharp_with_a_mistake_is_found(string code, string error) => Assert.Contains(Errors(code), text => text.Contains(error, StringComparison.Ordinal));

    private static IEnumerable<string> Errors(string code)
    {
        var source = new StringBuilder("using System; using System.Collections.Generic; using System.IO; using System.Linq; using System.Numerics.Tensors; using System.Threading; using System.Threading.Tasks;\n"
            + "using FineTune; using FineTune.Images; using Flowers17; using Microsoft.Extensions.DependencyInjection; using Microsoft.Extensions.Hosting;\n");
        foreach (Match directive in Using().Matches(code)) source.AppendLine(directive.Value);
        string body = Using().Replace(code, "");
        string parameters = string.Join(", ", Given.Where(given => !Regex.IsMatch(body, $@"\b(var|\w+) {given.Name} =")).Select(static given => $"{given.Type} {given.Name}"));
        source.AppendLine("#pragma warning disable CS1998, CS8019").AppendLine($"static class Snippet {{ static async Task Run({parameters}) {{").Append(body).AppendLine("} }");

        string spec = GeneratorRun.SpecText("flowers17").Replace("[model]", "[model]\nnamespace = \"Flowers17\"", StringComparison.Ordinal);
        if (GeneratorRun.SpecText("flowers17").Contains("namespace", StringComparison.Ordinal)) spec = GeneratorRun.SpecText("flowers17");
        GeneratorRun.Driver(new GeneratorRun.Text("/p/flowers17.modelspec", spec))
            .RunGeneratorsAndUpdateCompilation(GeneratorRun.Compilation(source.ToString()), out Compilation compilation, out _);
        return compilation.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error).Select(static d => d.ToString());
    }

    private static string Repository { get; } = typeof(DocumentTests).Assembly
        .GetCustomAttributes(typeof(System.Reflection.AssemblyMetadataAttribute), false).Cast<System.Reflection.AssemblyMetadataAttribute>().Single(static a => a.Key == "Repository").Value!;

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^using [\w.]+;\n", RegexOptions.Multiline)]
    private static partial Regex Using();
}
