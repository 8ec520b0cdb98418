using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using ModelSpec.Generator;
using ModelSpec.Networks;
using static TorchSharp.torch;

namespace FineTune.Parity;

/// <summary>Generates the classes of specs and compiles them within the process.</summary>
internal static class GeneratedClasses
{
    /// <summary>Generates the classes of specs and compiles them together.</summary>
    /// <param name="name">The assembly's name.</param>
    /// <param name="files">Specs and backbones: their paths and texts.</param>
    /// <exception cref="InvalidOperationException">The generator or the compiler reports something.</exception>
    public static Assembly Compile(string name, IEnumerable<(string Path, string Text)> files)
    {
        CSharpParseOptions parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            name,
            references: ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Select(static path => MetadataReference.CreateFromFile(path)),
            options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release));
        CSharpGeneratorDriver.Create([new ClassifierGenerator().AsSourceGenerator()], files.Select(static file => new SpecFile(file.Path, file.Text)), parse)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> diagnostics);
        using var assembly = new MemoryStream();
        Refuse(diagnostics);
        Refuse(updated.Emit(assembly).Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error));
        return Assembly.Load(assembly.ToArray());
    }

    /// <summary>Generates the class of a network of a built-in backbone and makes a classifier with random weights of it.</summary>
    /// <param name="network">The network of the spec.</param>
    /// <param name="spec">The spec's text.</param>
    /// <exception cref="InvalidOperationException">The generator or the compiler reports something.</exception>
    public static nn.Module<Tensor, Tensor> CreateUntrained(Network network, string spec) =>
        CreateUntrained(Compile(network.ClassName, [("/parity.modelspec", spec)]), network);

    /// <summary>Makes a classifier with random weights of the class of a network.</summary>
    /// <param name="generated">The assembly that has the class.</param>
    /// <param name="network">The network.</param>
    public static nn.Module<Tensor, Tensor> CreateUntrained(Assembly generated, Network network) =>
        (nn.Module<Tensor, Tensor>)generated.GetType(network.Namespace is { } space ? $"{space}.{network.ClassName}" : network.ClassName, throwOnError: true)!
            .GetMethod("CreateUntrained")!.Invoke(null, null)!;

    private static void Refuse(IEnumerable<Diagnostic> diagnostics)
    {
        string problems = string.Join(Environment.NewLine, diagnostics);
        if (problems.Length > 0) throw new InvalidOperationException(problems);
    }

    private sealed class SpecFile(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
