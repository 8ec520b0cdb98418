using FineTune.Pipeline;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace Training.Tests.Plugins;

public class PluginLoaderTests
{
    private const string Answer = "return new EvaluatorResult(new KeyValuePair<string, double>[0]);";

    [Fact]
    public void The_built_in_parts_are_the_words_of_the_language()
    {
        string[] registered = [.. PartRegistry.BuiltIn.All<IPipelinePart>().Select(static part => PartKinds.WordOf(part.Part, "").Text).Order(StringComparer.Ordinal)];
        string[] words = [.. PluginWords.BuiltIn.Parts.Select(static word => PartKinds.InOrder(word).Text).Order(StringComparer.Ordinal)];

        Assert.Equal(words, registered);
    }

    [Fact]
    public void A_plugin_is_loaded_from_its_folder_with_its_own_dependency_and_shares_the_contracts()
    {
        PartRegistry registry = PluginCompiler.WithTestPlugin();

        RegisteredPart<IDatasetImporter> csv = registry.Find<IDatasetImporter>("csv");
        Assert.Equal("TestPlugin.dll", csv.Plugin.Name);
        Assert.StartsWith("sha256:", csv.Plugin.Digest, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(AppContext.BaseDirectory, "TestPlugin.Dependency.dll")), "the dependency is next to the tests, too");
    }

    [Fact]
    public void Two_plugins_have_load_contexts_of_their_own()
    {
        using var folder = new TemporaryFolder();
        string first = PluginCompiler.Plugin(folder, "First", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "one", Answer));
        string second = PluginCompiler.Plugin(folder, "Second", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "two", Answer));

        PartRegistry registry = PluginCompiler.Load($"{first}|evaluator:one", $"{second}|evaluator:two");

        Assert.NotEqual(
            System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(registry.Find<IEvaluator>("one").Part.GetType().Assembly),
            System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(registry.Find<IEvaluator>("two").Part.GetType().Assembly));
    }

    [Fact]
    public void A_plugin_that_is_not_there_is_an_error() => Fails("MSPEC3051", "/nonexistent/Plugin.dll|evaluator:one", "/nonexistent/Plugin.dll", "does not exist");

    [Fact]
    public void A_file_that_is_not_an_assembly_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Fails("MSPEC3051", $"{folder.Write("Text.dll", "not an assembly")}|evaluator:one", "Text.dll");
    }

    [Fact]
    public void An_assembly_without_the_attribute_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Fails("MSPEC3052", PluginCompiler.Plugin(folder, "Plain", "", attribute: "") + "|evaluator:one", "Plain.dll", "[assembly: PipelinePlugin");
    }

    [Fact]
    public void A_class_that_is_not_a_plugin_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Fails("MSPEC3052", PluginCompiler.Plugin(folder, "Other", "", attribute: "[assembly: PipelinePlugin(typeof(object))]") + "|evaluator:one", "System.Object");
    }

    [Fact]
    public void A_plugin_that_was_built_for_other_contracts_is_an_error_with_both_versions()
    {
        using var folder = new TemporaryFolder();
        Fails(
            "MSPEC3053", PluginCompiler.Plugin(folder, "New", "", attribute: "[assembly: PipelinePlugin(typeof(P), 99)]") + "|evaluator:one",
            "New.dll", "version 99", $"version {PipelinePlugin.ContractVersion}");
    }

    [Fact]
    public void A_plugin_that_throws_while_it_registers_is_an_error_with_its_exception()
    {
        using var folder = new TemporaryFolder();
        Fails(
            "MSPEC3054", PluginCompiler.Plugin(folder, "Broken", "throw new FormatException(\"No number.\");") + "|evaluator:one",
            "Broken.dll", "FormatException: No number.", "P.Register");
    }

    [Fact]
    public void A_part_that_is_of_no_kind_is_an_error()
    {
        using var folder = new TemporaryFolder();
        string parts = "public class N : IPipelinePart { public string Name => \"none\"; public int Revision => 1; }";
        Fails("MSPEC3054", PluginCompiler.Plugin(folder, "None", "pipeline.Add(new N());", parts) + "|evaluator:none", "None.dll", "exactly one");
    }

    [Fact]
    public void Two_plugins_with_one_word_are_an_error_that_names_both()
    {
        using var folder = new TemporaryFolder();
        string first = PluginCompiler.Plugin(folder, "First", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "one", Answer));
        string second = PluginCompiler.Plugin(folder, "Second", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "one", Answer));

        (PartRegistry? registry, IReadOnlyList<Diagnostic> diagnostics) = PartRegistry.Load([$"{first}|evaluator:one", $"{second}|evaluator:one"], PluginCompiler.Location);

        Assert.Null(registry);
        string message = Assert.Single(diagnostics).Message;
        Assert.Contains("First.dll", message, StringComparison.Ordinal);
        Assert.Contains("Second.dll", message, StringComparison.Ordinal);
        Assert.Contains("'one'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_that_one_plugin_registers_twice_is_an_error()
    {
        using var folder = new TemporaryFolder();
        string plugin = PluginCompiler.Plugin(folder, "Twice", "pipeline.Add(new E()).Add(new E());", PluginCompiler.Evaluator("E", "one", Answer));
        Fails("MSPEC3055", $"{plugin}|evaluator:one", "Twice.dll", "'one'");
    }

    [Theory]
    [InlineData("evaluator:one, evaluator:two", "evaluator:two")]
    [InlineData("evaluator:two", "evaluator:one")]
    [InlineData("evaluator:one(count:whole=2)", "evaluator:one(count:whole=2)")]
    [InlineData("", "evaluator:one")]
    public void Provides_that_differs_from_what_is_registered_is_an_error_with_what_to_write(string provides, string named)
    {
        using var folder = new TemporaryFolder();
        string plugin = PluginCompiler.Plugin(folder, "Plugin", "pipeline.Add(new E());", PluginCompiler.Evaluator("E", "one", Answer));
        Fails("MSPEC3056", $"{plugin}|{provides}", "Plugin.dll", named, "Provides=\"evaluator:one\"");
    }

    private static void Fails(string code, string option, params string[] named)
    {
        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => PartRegistry.Load([option], PluginCompiler.Location)).Diagnostic;
        Assert.Equal(code, diagnostic.Descriptor.Code);
        Assert.All(named, text => Assert.Contains(text, diagnostic.Message, StringComparison.Ordinal));
    }
}
