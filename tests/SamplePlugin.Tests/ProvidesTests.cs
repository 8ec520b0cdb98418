using System.Xml.Linq;
using FineTune.Pipeline;
using ModelSpec.Diagnostics;
using ModelSpec.Language;

namespace SamplePlugin.Tests;

/// <summary>The declaration in the props of the package, which the compiler reads.</summary>
public class ProvidesTests
{
    /// <summary>The words of the language with the sample's.</summary>
    internal static PluginWords Words { get; } = ReadWords();

    [Fact]
    public void The_props_provide_what_the_plugin_registers()
    {
        var registered = new Registered();
        new Plugin().Register(registered);

        Assert.Equal(
            registered.Parts.Select(static part => (Word(part), string.Join(", ", part.Parameters.Select(Text)))),
            Words.Parts.Where(static part => part.Plugin.Length > 0).Select(static part => ($"{PartWord.KindWord(part.Kind)}:{part.Word}", string.Join(", ", part.Keys.Select(Text)))));
    }

    private static string Text(PartParameter key) => FormattableString.Invariant($"{key.Key} {key.Kind} {key.Default} {key.Least} {key.Most}");

    private static string Text(PartKey key) => FormattableString.Invariant($"{key.Name} {key.Kind} {key.Default} {key.Least} {key.Most}");

    private static string Word(IPipelinePart part) => part switch
    {
        IDatasetImporter => "importer:",
        IImageProcessor => "processor:",
        IEvaluator => "evaluator:",
        _ => "exporter:",
    } + part.Name;

    private static PluginWords ReadWords()
    {
        XElement item = XDocument.Load(Path.Combine(Repository.Sample, "build/SamplePlugin.props")).Descendants("ModelSpecPlugin").Single();
        // The build puts it on one line.
        string provides = string.Join(' ', item.Element("Provides")!.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Result<PluginWords> words = PluginWords.Read([new PluginItem("SamplePlugin.dll", provides)]);
        Assert.Empty(words.Diagnostics);
        return words.Value!;
    }

    private sealed class Registered : IPipelineBuilder
    {
        public List<IPipelinePart> Parts { get; } = [];

        public IPipelineBuilder Add(IPipelinePart part)
        {
            Parts.Add(part);
            return this;
        }
    }
}
