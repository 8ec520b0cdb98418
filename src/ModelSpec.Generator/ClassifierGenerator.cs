using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Generator.Diagnostics;
using ModelSpec.Generator.Emit;
using ModelSpec.Generator.Models;
using ModelSpec.Language;
using ModelSpec.Locks;
using ModelSpec.Plans;
using ModelSpec.Text;

namespace ModelSpec.Generator;

/// <summary>
/// Emits a typed classifier for every <c>.modelspec</c> of a project. This class contains only the pipeline: from files through equatable models
/// to source. It uses neither symbols nor syntax, so an edit of C# code regenerates nothing.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ClassifierGenerator : IIncrementalGenerator
{
    /// <summary>The tracked step that reads the words of plugins.</summary>
    public const string WordsStep = "Words";

    /// <summary>The tracked step that builds one plan from one spec.</summary>
    public const string PlanStep = "Plan";

    /// <summary>The tracked step that collects the inputs of a class.</summary>
    public const string ModelStep = "Model";

    private const string EmbedsWeightsMetadata = "build_metadata.AdditionalFiles.EmbedsWeights";
    private const string AllowMismatchedWeights = "build_property.ModelSpecAllowMismatchedWeights";
    private const string RuntimeProperty = "build_property.ModelSpecRuntime";
    private const string ProvidesMetadata = "build_metadata.AdditionalFiles.ModelSpecProvides";
    private const string ResourceMetadata = "build_metadata.AdditionalFiles.ResourceName";

    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // The project's own backbones, read once for all specs.
        IncrementalValueProvider<EquatableArray<Result<BackboneTable>>> backboneFiles = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(".backbone", StringComparison.OrdinalIgnoreCase))
            .Select(static (file, token) => BackboneReader.Read(file.GetText(token)?.ToString() ?? "", file.Path))
            .Collect()
            .Select(static (tables, _) => tables.ToEquatableArray());
        IncrementalValueProvider<BackboneCatalogue> backbones = backboneFiles
            .Select(static (tables, _) => new BackboneCatalogue(tables.Select(static t => t.Value).OfType<BackboneTable>()));

        // The words of the project's plugins, from the metadata of the items. The assemblies are not opened.
        IncrementalValueProvider<Result<PluginWords>> plugins = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, _) => ReadPlugin(pair.Left, pair.Right))
            .Where(static item => item is not null)
            .Collect()
            .Select(static (items, _) => items.ToEquatableArray())
            .Select(static (items, _) => PluginWords.Read(items!))
            .WithTrackingName(WordsStep);
        IncrementalValueProvider<PluginWords> words = plugins.Select(static (result, _) => result.Value!);

        // Build the plan of each spec.
        IncrementalValuesProvider<(SpecFile File, Result<TrainingPlan> Result)> plans = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(".modelspec", StringComparison.OrdinalIgnoreCase))
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, token) => ReadFile(pair.Left, pair.Right, token))
            .Combine(backbones.Combine(words))
            .Select(static (pair, _) => (
                File: pair.Left, Result: TrainingPlanBuilder.Build(pair.Left.Text, pair.Left.Path, pair.Right.Left, pair.Right.Right)))
            .WithTrackingName(PlanStep);

        // Report errors at their positions in the spec.
        context.RegisterSourceOutput(
            backboneFiles.SelectMany(static (tables, _) => tables.SelectMany(static t => t.Diagnostics).ToEquatableArray()),
            static (output, diagnostic) => output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic)));
        context.RegisterSourceOutput(
            backbones.SelectMany(static (catalogue, _) => catalogue.FindDuplicates()),
            static (output, diagnostic) => output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic)));
        context.RegisterSourceOutput(
            plugins.SelectMany(static (result, _) => result.Diagnostics),
            static (output, diagnostic) => output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic)));
        context.RegisterSourceOutput(
            plans.SelectMany(static (spec, _) => spec.Result.Diagnostics),
            static (output, diagnostic) => output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic)));

        // Report the changes of a spec since its weights were trained.
        IncrementalValueProvider<EquatableArray<LockText>> locks = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(".modelspec" + TrainingLock.Extension, StringComparison.OrdinalIgnoreCase))
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, token) => new LockText(pair.Left.Path, pair.Left.GetText(token)?.ToString() ?? "", IsEmbedded(pair.Left, pair.Right)))
            .Collect()
            .Select(static (files, _) => files.ToEquatableArray());
        context.RegisterSourceOutput(
            plans.Combine(locks).Combine(words)
                .SelectMany(static (pair, _) => FindDrift(pair.Left.Left.File, pair.Left.Left.Result.Value, pair.Left.Right, pair.Right)),
            static (output, diagnostic) => output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic)));

        // Compare the figures of the lock with what the spec requires.
        context.RegisterSourceOutput(
            plans.Combine(locks).Combine(words)
                .SelectMany(static (pair, _) => FindFaults(pair.Left.Left.File, pair.Left.Left.Result.Value, pair.Left.Right, pair.Right)),
            static (output, diagnostic) => output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic)));

        // The inputs of a class in addition to its spec.
        IncrementalValueProvider<string> rootNamespace = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue("build_property.RootNamespace", out string? value) && value.Length > 0
                ? Identifiers.ToNamespace(value)
                : "FineTuned");
        IncrementalValueProvider<ServiceTypes> services = context.CompilationProvider.Select(static (compilation, _) => ServiceTypes.Of(compilation));

        IncrementalValueProvider<Engine> engine = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => options.GlobalOptions.TryGetValue(RuntimeProperty, out string? value)
                && string.Equals(value, "onnx", StringComparison.OrdinalIgnoreCase) ? Engine.Onnx : Engine.Torch);

        IncrementalValuesProvider<(string Path, ClassifierModel Model)> models = plans
            .Where(static spec => spec.Result.Value is not null)
            .Combine(rootNamespace)
            .Combine(engine.Combine(services))
            .Select(static (pair, _) => (
                pair.Left.Left.File.Path,
                ToModel(pair.Left.Left.File, pair.Left.Left.Result.Value!, pair.Left.Right, pair.Right.Left, pair.Right.Right)))
            .WithTrackingName(ModelStep);

        // Two specs must not generate the same type; the first one wins.
        IncrementalValueProvider<EquatableArray<ModelSpec.Diagnostics.Diagnostic>> duplicates = models
            .Select(static (spec, _) => new GeneratedTypes(spec.Path, spec.Model.TypeNames))
            .Collect()
            .Select(static (specs, _) => GeneratedTypes.FindDuplicates(specs));
        context.RegisterSourceOutput(
            duplicates.SelectMany(static (found, _) => found),
            static (output, diagnostic) => output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic)));

        context.RegisterSourceOutput(
            models.Combine(duplicates)
                .Where(static pair => !pair.Right.Any(duplicate => duplicate.File == pair.Left.Path))
                .Select(static (pair, _) => pair.Left.Model),
            static (output, model) => output.AddSource(model.FullName.Replace("@", "") + ".g.cs", ClassifierEmitter.Emit(model)));
    }

    private static SpecFile ReadFile(AdditionalText file, AnalyzerConfigOptionsProvider options, CancellationToken token)
    {
        options.GetOptions(file).TryGetValue(ResourceMetadata, out string? resource);
        return new SpecFile(file.Path, file.GetText(token)?.ToString() ?? "", string.IsNullOrEmpty(resource) ? null : resource);
    }

    private static PluginItem? ReadPlugin(AdditionalText file, AnalyzerConfigOptionsProvider options) =>
        options.GetOptions(file).TryGetValue(ProvidesMetadata, out string? provides) && provides.Length > 0 ? new PluginItem(file.Path, provides) : null;

    /// <summary>Whether the build embeds the weights of a lock, and the project does not allow weights of another spec.</summary>
    private static bool IsEmbedded(AdditionalText file, AnalyzerConfigOptionsProvider options) =>
        options.GetOptions(file).TryGetValue(EmbedsWeightsMetadata, out string? embeds) && IsTrue(embeds)
        && !(options.GlobalOptions.TryGetValue(AllowMismatchedWeights, out string? allows) && IsTrue(allows));

    private static bool IsTrue(string value) => string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    private static EquatableArray<ModelSpec.Diagnostics.Diagnostic> FindDrift(SpecFile file, TrainingPlan? plan, EquatableArray<LockText> locks, PluginWords words)
    {
        LockText? known = locks.FirstOrDefault(l => l.Path == file.Path + TrainingLock.Extension);
        return plan is null || known is null ? [] : SpecDrift.Find(file.Text, file.Path, plan, known.Text, words, known.IsEmbedded);
    }

    private static EquatableArray<ModelSpec.Diagnostics.Diagnostic> FindFaults(SpecFile file, TrainingPlan? plan, EquatableArray<LockText> locks, PluginWords words) =>
        plan is not null && locks.FirstOrDefault(l => l.Path == file.Path + TrainingLock.Extension) is { } known
            ? QualityGate.Find(file.Text, file.Path, known.Text, words)
            : [];

    private static ClassifierModel ToModel(SpecFile file, TrainingPlan plan, string rootNamespace, Engine engine, ServiceTypes services)
    {
        string name = Path.GetFileNameWithoutExtension(file.Path);
        string resource = file.Resource ?? name + (engine == Engine.Onnx ? ".onnx" : ".safetensors");
        return ClassifierModel.Create(plan, plan.Network.Namespace ?? rootNamespace, resource, name, engine, services);
    }
}
