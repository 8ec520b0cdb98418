using System.Reflection;
using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelSpec.Text;

namespace Training.Tests.Plugins;

/// <summary>Plugins of the tests: one that is a project of its own, and small ones that are compiled from their source.</summary>
internal static class PluginCompiler
{
    /// <summary>The beginning of every source.</summary>
    private const string Usings = "using System; using System.Collections.Generic; using System.Linq; using System.Threading; using FineTune.Pipeline;\n";

    /// <summary>The assembly of the project TestPlugin, in its own output folder.</summary>
    public static string TestPlugin { get; } = Path.GetFullPath(
        typeof(PluginCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "TestPlugin").Value!);

    /// <summary>The <c>Provides</c> of TestPlugin's item.</summary>
    public const string TestProvides =
        "importer:csv(path:text=path, label:text=label), processor:erase(probability:number[0..1]=0.5), format:plain(.plain), "
        + "evaluator:top(count:whole[1..]=2), exporter:names(upper:flag=false)";

    public static SpecLocation Location { get; } = new("tiny.modelspec", SourceSpan.FileStart);

    /// <summary>The parts that are built in and those of TestPlugin.</summary>
    public static PartRegistry WithTestPlugin() => Load($"{TestPlugin}|{TestProvides}");

    /// <summary>Loads plugins as the trainer does.</summary>
    public static PartRegistry Load(params string[] options)
    {
        (PartRegistry? registry, IReadOnlyList<ModelSpec.Diagnostics.Diagnostic> diagnostics) = PartRegistry.Load(options, Location);
        Assert.Empty(diagnostics);
        return registry!;
    }

    /// <summary>Compiles a plugin whose class <c>P</c> registers what it says.</summary>
    public static string Plugin(TemporaryFolder folder, string name, string register, string parts = "", string attribute = "[assembly: PipelinePlugin(typeof(P))]") =>
        Compile(folder, name, $"{attribute}\npublic class P : PipelinePlugin {{ public override void Register(IPipelineBuilder pipeline) {{ {register} }} }}\n{parts}");

    /// <summary>Compiles an assembly.</summary>
    /// <returns>Its path.</returns>
    public static string Compile(TemporaryFolder folder, string name, string source)
    {
        IEnumerable<string> platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path) is var file && (file.StartsWith("System.", StringComparison.Ordinal) || file == "netstandard.dll"));
        var compilation = CSharpCompilation.Create(
            name, [CSharpSyntaxTree.ParseText(Usings + source)],
            [.. platform.Append(typeof(PipelinePlugin).Assembly.Location).Select(static path => MetadataReference.CreateFromFile(path))],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return folder.Write($"{name}/{name}.dll", image.ToArray());
    }

    /// <summary>The source of an evaluator.</summary>
    public static string Evaluator(string type, string word, string body) =>
        $"public class {type} : IEvaluator {{ public string Name => \"{word}\"; public int Revision => 1; public EvaluatorResult Evaluate(EvaluateContext context) {{ {body} }} }}\n";

    /// <summary>The source of an importer.</summary>
    public static string Importer(string type, string word, string body) =>
        $"public class {type} : IDatasetImporter {{ public string Name => \"{word}\"; public int Revision => 1; public bool IsHere(ImportContext context) => true; "
        + $"public ImportedDataset Import(ImportContext context) {{ {body} }} }}\n";
}
