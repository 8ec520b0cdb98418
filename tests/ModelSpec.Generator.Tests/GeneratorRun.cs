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

    public static GeneratorDriver Driver(params AdditionalText[] files) => CSharpGeneratorDriver.Create(
        [new ClassifierGenerator().AsSourceGenerator()], files, Parse, new Options(),
        new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>A compilation with every warning on and warnings as errors.</summary>
    public static CSharpCompilation Compilation(string source = "", bool withDependencyInjection = true) => CSharpCompilation.Create(
        "App",
        [CSharpSyntaxTree.ParseText(source, Parse)],
        withDependencyInjection ? References : References.RemoveAll(static r => r.Display!.Contains("DependencyInjection", StringComparison.Ordinal)),
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable,
            warningLevel: 9999, generalDiagnosticOption: ReportDiagnostic.Error));

    public static string SpecText(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Specs", name + ".modelspec"));

    public static string Generated(string name, string text)
    {
        GeneratorDriverRunResult result = Driver(new Text(name, text)).RunGenerators(Compilation()).GetRunResult();
        Assert.Empty(result.Diagnostics);
        return Assert.Single(result.GeneratedTrees).GetText().ToString();
    }

    /// <summary>A plugin of the project: it cannot be read as text, and its item says what it provides.</summary>
    public static Text Plugin(string path, string provides) =>
        new(path, null) { Metadata = { ["build_metadata.AdditionalFiles.ModelSpecProvides"] = provides } };

    /// <summary>A file of the project; one without a text fails the test where it is opened.</summary>
    public sealed class Text(string path, string? text) : AdditionalText
    {
        public override string Path => path;

        /// <summary>What the build says of the file, by the names that analyzers see.</summary>
        public Dictionary<string, string> Metadata { get; init; } = [];

        public override SourceText GetText(CancellationToken cancellationToken = default) =>
            SourceText.From(text ?? throw new InvalidOperationException(path + " was opened"));
    }

    private sealed class Options : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(new() { ["build_property.RootNamespace"] = "App" });

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Values([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Values(textFile is Text text ? text.Metadata : []);
    }

    private sealed class Values(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, out string value) => values.TryGetValue(key, out value!);
    }
}
