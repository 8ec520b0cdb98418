using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace ModelSpec.Generator.Tests;

/// <summary>Runs the generator over texts, as the compiler does.</summary>
internal static class GeneratorRun
{
    private static readonly CSharpParseOptions Parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);

    private static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(static path => (MetadataReference)MetadataReference.CreateFromFile(path))];

    /// <summary>A generator whose source is compiled with its documentation, as a library's is.</summary>
    public static GeneratorDriver Driver(params AdditionalText[] files) => Driver("torch", files);

    /// <summary>The same in a project with a value of <c>ModelSpecRuntime</c>.</summary>
    public static GeneratorDriver Driver(string runtime, params AdditionalText[] files) => CSharpGeneratorDriver.Create(
        [new ClassifierGenerator().AsSourceGenerator()], files, Parse.WithDocumentationMode(DocumentationMode.Diagnose), new Options(runtime),
        new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>A compilation with every warning on and warnings as errors.</summary>
    /// <param name="source">Source of the project's own.</param>
    /// <param name="without">Parts of the names of assemblies that it does not reference.</param>
    public static CSharpCompilation Compilation(string source = "", params string[] without) => CSharpCompilation.Create(
        "App",
        [CSharpSyntaxTree.ParseText(source, Parse)],
        References.RemoveAll(reference => without.Any(part => Path.GetFileName(reference.Display!).Contains(part, StringComparison.Ordinal))),
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable,
            warningLevel: 9999, generalDiagnosticOption: ReportDiagnostic.Error));

    public static string SpecText(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Specs", name + ".modelspec"));

    /// <summary>A spec of a class <c>PetClassifier</c> with two labels.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="head">The words of the head's layers, quoted.</param>
    public static string SpecOf(string backbone, string head) => $$"""
        [model]
        name      = "PetClassifier"
        namespace = "Pets"
        classes   = ["cat", "dog"]

        [data]
        source = "pets"
        split  = { train = 0.5, test = 0.5 }

        [backbone]
        architecture = "{{backbone}}"
        weights      = "none"

        [head]
        layers = [{{head}}]

        [[stage]]
        name          = "warm-up"
        freeze        = "backbone"
        epochs        = 1
        optimizer     = "sgd"
        learning_rate = 0.001
        """;

    /// <summary>A backbone of the folder <c>Backbones</c>.</summary>
    public static Text Backbone(string name) =>
        new($"/p/{name}.backbone", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Backbones", name + ".backbone")));

    public static string Generated(string name, string text, string runtime = "torch")
    {
        GeneratorDriverRunResult result = Driver(runtime, new Text(name, text)).RunGenerators(Compilation()).GetRunResult();
        Assert.Empty(result.Diagnostics);
        return Assert.Single(result.GeneratedTrees).GetText().ToString();
    }

    /// <summary>A plugin of the project. It cannot be read as text; its item declares what it provides.</summary>
    public static Text Plugin(string path, string provides) =>
        new(path, null) { Metadata = { ["build_metadata.AdditionalFiles.ModelSpecProvides"] = provides } };

    /// <summary>A file of the project. A file without text fails the test if it is opened.</summary>
    public sealed class Text(string path, string? text) : AdditionalText
    {
        public override string Path => path;

        /// <summary>The metadata of the file, by the names that analyzers use.</summary>
        public Dictionary<string, string> Metadata { get; init; } = [];

        public override SourceText GetText(CancellationToken cancellationToken = default) =>
            SourceText.From(text ?? throw new InvalidOperationException(path + " was opened"));
    }

    private sealed class Options(string runtime) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } =
            new Values(new() { ["build_property.RootNamespace"] = "App", ["build_property.ModelSpecRuntime"] = runtime });

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Values([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Values(textFile is Text text ? text.Metadata : []);
    }

    private sealed class Values(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, out string value) => values.TryGetValue(key, out value!);
    }
}
