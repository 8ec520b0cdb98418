using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using FineTune;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ModelSpec.Generator.Tests;

/// <summary>Names that are valid in specs and backbones, but mean something else in C# or in a compiler.</summary>
public class HostileNamesTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    [Theory]
    [InlineData("/p/R&D.modelspec")]
    [InlineData("/p/a@2.modelspec")]
    [InlineData("/p/a\nb.modelspec")]
    public void A_file_can_have_any_name(string path)
    {
        Compilation compilation = Compile(out ImmutableArray<Diagnostic> diagnostics, "", new GeneratorRun.Text(path, GeneratorRun.SpecText("flowers17")));

        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics());
        Assert.Equal(2, compilation.SyntaxTrees.Count());
    }

    [Fact]
    public void Two_specs_of_one_name_and_class_in_two_folders_are_an_error_and_the_first_one_is_generated()
    {
        string spec = GeneratorRun.SpecText("flowers17");

        Compilation compilation = Compile(
            out ImmutableArray<Diagnostic> diagnostics, "", new GeneratorRun.Text("/p/a/f.modelspec", spec), new GeneratorRun.Text("/p/b/f.modelspec", spec));

        Diagnostic diagnostic = Assert.Single(diagnostics);
        Assert.Equal("MSPEC0016", diagnostic.Id);
        Assert.Equal("/p/b/f.modelspec", diagnostic.Location.GetLineSpan().Path);
        Assert.Contains("/p/a/f.modelspec", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Empty(compilation.GetDiagnostics());
    }

    [Fact]
    public void Two_specs_of_one_label_enum_are_an_error()
    {
        string spec = GeneratorRun.SpecText("flowers17");

        Compile(
            out ImmutableArray<Diagnostic> diagnostics, "", new GeneratorRun.Text("/p/a.modelspec", spec),
            new GeneratorRun.Text("/p/b.modelspec", spec.Replace("\"FlowerClassifier\"", "\"Flower\"", StringComparison.Ordinal)));

        Diagnostic diagnostic = Assert.Single(diagnostics);
        Assert.Equal("MSPEC0016", diagnostic.Id);
        Assert.Contains("'Flowers17.FlowerLabel'", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_with_line_ends_and_other_characters_stay_in_their_comments()
    {
        const string Name = "\\\"x\\\" </summary>\\n\\r\\u0085\\u2028\\u0001 & class";
        string spec = GeneratorRun.SpecText("flowers17").Replace("\"daffodil\"", $"\"{Name}\"", StringComparison.Ordinal)
            .Replace("\"warm-up\"", $"\"{Name} !\"", StringComparison.Ordinal);
        (GeneratorRun.Text body, spec) = Backbone(spec, [Name]);

        Compilation compilation = Compile(out ImmutableArray<Diagnostic> diagnostics, "", body, new GeneratorRun.Text("/p/f.modelspec", spec));

        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics());
        string source = compilation.SyntaxTrees.Last().ToString();
        SyntaxTree documented = CSharpSyntaxTree.ParseText(
            source, CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest).WithDocumentationMode(DocumentationMode.Diagnose));
        Assert.Empty(documented.GetDiagnostics());
    }

    [Fact]
    public void A_layer_can_have_the_name_of_every_member_and_keyword()
    {
        IEnumerable<string> members = new[] { typeof(ImageClassifier<DayOfWeek>), typeof(ClassifierHead) }
            .SelectMany(static t => t.GetMembers(All))
            .Select(static m => m.Name)
            .Where(static name => name.IndexOfAny(['.', '<']) < 0);
        string[] generated =
        [
            "ClassCount", "CreateUntrained", "FreezePoints", "HeadLayers", "head_layer", "InputHeight", "InputWidth", "Load",
            "WeightsResource", "flower_classifier", "flower_label", "FlowerClassifier_layer",
        ];
        string[] words =
        [
            "class", "int", "var", "record", "device", "pass", "META", "nn", "TorchSharp", "FineTune", "Layers", "System", "Conv2d", "ReLU",
        ];
        string[] names = [.. members.Concat(generated).Concat(words)
            .DistinctBy(static n => n.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant())];
        (GeneratorRun.Text body, string spec) = Backbone(GeneratorRun.SpecText("flowers17"), names);

        Compilation compilation = Compile(out ImmutableArray<Diagnostic> diagnostics, "", body, new GeneratorRun.Text("/p/f.modelspec", spec));

        Assert.True(names.Length > 80, "the members of the base classes are missing");
        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics());
    }

    [Fact]
    public void A_row_that_others_read_can_have_any_name()
    {
        string[] words =
        [
            // Names that become C# keywords, contextual keywords, or the name of the pass when their first letter is made small.
            "class", "int", "this", "base", "default", "true", "var", "value", "field", "record", "await", "async", "dynamic", "from", "select", "where", "on",
            "yield", "global", "nameof", "scoped", "partial", "when", "and", "or", "not", "with", "init", "file", "required", "managed", "notnull", "pass", "layer",
            // Names that could be used instead of those.
            "class_value", "class_value_value", "pass_value", "passValueValue", "head_value", "int_layer",
            // No capitals, and capitals with one small letter: Greek theta and its symbol, k and the Kelvin sign.
            "1", "1_value", "1_value_value", "層", "層_value", "ß", "ßValue", "\u0398x", "\u03F4x", "k1", "\u212A1", "\u0130", "i",
            // Only case and underscores are different.
            "bn1a", "bn1A", "bN1a", "layer1_10", "layer11_0", "layer110",
        ];
        (GeneratorRun.Text body, string spec) = Backbone(GeneratorRun.SpecText("flowers17"), words, readsAll: true);

        Compilation compilation = Compile(out ImmutableArray<Diagnostic> diagnostics, "", body, new GeneratorRun.Text("/p/f.modelspec", spec));

        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics());
        string[] locals = [.. compilation.SyntaxTrees.Last().GetRoot().DescendantNodes().OfType<VariableDeclaratorSyntax>()
            .Where(static v => v.Parent is VariableDeclarationSyntax { Type: AliasQualifiedNameSyntax }).Select(static v => v.Identifier.ValueText)];
        Assert.Equal(words.Length, locals.Distinct().Count());
    }

    [Fact]
    public void A_block_can_have_a_name_with_line_ends()
    {
        const string Table = """
            name = "hostile"
            input = [32, 32]
            layers = [
              { name = "in", type = "input" },
              { name = "a\n*/ <b> & </summary>", type = "conv2d", filters = 3 },
              { block = "b", name = "x\u2028\r\n#error </summary>" },
              { name = "again", type = "conv2d", filters = 3, from = "a\n*/ <b> & </summary>" },
              { name = "sum\u0085", type = "add", from = ["in", "again", "x\u2028\r\n#error </summary>"] },
            ]
            [block.b]
            layers = [{ name = "conv", type = "conv2d", filters = 3 }, { name = "add\n", type = "add", from = ["conv", "$input", "in"] }]
            """;
        string spec = Hostile(GeneratorRun.SpecText("flowers17"));

        Compilation compilation = Compile(
            out ImmutableArray<Diagnostic> diagnostics, "", new GeneratorRun.Text("/p/hostile.backbone", Table), new GeneratorRun.Text("/p/f.modelspec", spec));

        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics());
    }

    [Theory]
    [InlineData("freeze_points")]
    [InlineData("to string")]
    [InlineData("equals")]
    [InlineData("Stage2")]
    [InlineData("!")]
    public void A_stage_can_have_any_name(string name)
    {
        string spec = GeneratorRun.SpecText("flowers17").Replace("\"warm-up\"", $"\"{name}\"", StringComparison.Ordinal)
            .Replace("\"fine-tune\"", "\"?\"", StringComparison.Ordinal);

        Compilation compilation = Compile(out ImmutableArray<Diagnostic> diagnostics, "", new GeneratorRun.Text("/p/f.modelspec", spec));

        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics());
    }

    [Fact]
    public void Types_and_namespaces_of_the_project_do_not_take_the_place_of_others()
    {
        const string Hostile = """
            namespace Flowers17
            {
                class Conv2d; class Linear; class Flatten; class Device; class ImageClassifier<T>; class ForwardPass; class Softmax;
                class TorchSharp; class FineTune; class Layers; class nn; class torch; class Action<T>;
                namespace System { class Action<T>; }
                namespace Microsoft { class Extensions; }
            }
            """;

        Compilation compilation = Compile(
            out ImmutableArray<Diagnostic> diagnostics, Hostile, new GeneratorRun.Text("/p/f.modelspec", GeneratorRun.SpecText("flowers17")));

        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(static d => d.Id != "CS8981"));
    }

    [Fact]
    public void Every_generated_type_says_so()
    {
        Compilation compilation = Compile(out _, "", new GeneratorRun.Text("/p/f.modelspec", GeneratorRun.SpecText("flowers17")));

        BaseTypeDeclarationSyntax[] types = [.. compilation.SyntaxTrees.Last().GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
            .Where(static t => t.Parent is BaseNamespaceDeclarationSyntax)];
        Assert.Equal(5, types.Length);
        Assert.All(types, static t => Assert.Contains("GeneratedCode(\"FineTune.Build\"", t.AttributeLists.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Two_backbones_of_one_name_are_an_error_that_names_both_files()
    {
        (GeneratorRun.Text body, string spec) = Backbone(GeneratorRun.SpecText("flowers17"), ["relu"]);

        Compile(
            out ImmutableArray<Diagnostic> diagnostics, "", body, new GeneratorRun.Text("/p/other.backbone", "# Another one\n" + body.GetText()),
            new GeneratorRun.Text("/p/f.modelspec", spec));

        Diagnostic diagnostic = Assert.Single(diagnostics);
        Assert.Equal("MSPEC0033", diagnostic.Id);
        Assert.Equal(("/p/other.backbone", 1), (diagnostic.Location.GetLineSpan().Path, diagnostic.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Contains("'/p/hostile.backbone'", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    /// <summary>A spec with a backbone whose layers have the given names, as they are written in TOML.</summary>
    private static (GeneratorRun.Text Backbone, string Spec) Backbone(string spec, string[] names, bool readsAll = false)
    {
        IEnumerable<string> rows = names.Select(static (name, i) => string.Create(
            CultureInfo.InvariantCulture, $"  {{ name = \"{name}\", type = \"conv2d\", filters = 2, key = \"k{i}\" }},\n"));
        string sum = readsAll ? $"  {{ name = \"sum of all\", type = \"add\", from = [{string.Join(", ", names.Select(static name => $"\"{name}\""))}] }},\n" : "";
        string text = $"name = \"hostile\"\ninput = [32, 32]\nlayers = [\n  {{ name = \"in\", type = \"input\" }},\n{string.Concat(rows)}{sum}]\n";
        return (new GeneratorRun.Text("/p/hostile.backbone", text), Hostile(spec));
    }

    private static string Hostile(string spec) => spec
        .Replace("\"vgg16\"", "\"hostile\"", StringComparison.Ordinal).Replace("\"imagenet\"", "\"none\"", StringComparison.Ordinal)
        .Replace("0..18", "none", StringComparison.Ordinal).Replace("0..14", "none", StringComparison.Ordinal);

    private static Compilation Compile(out ImmutableArray<Diagnostic> diagnostics, string source, params AdditionalText[] files)
    {
        GeneratorRun.Driver(files).RunGeneratorsAndUpdateCompilation(GeneratorRun.Compilation(source), out Compilation updated, out diagnostics);
        return updated;
    }
}
