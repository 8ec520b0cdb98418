using System.CommandLine;
using System.CommandLine.Completions;
using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Plugins;

namespace FineTune.Training.Completions;

/// <summary>The words that shells offer for options and arguments. An option has the same meaning in every command.</summary>
internal static class CompletionWords
{
    /// <summary>Adds the words to all commands of the program.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (Command command in root.Subcommands)
        {
            foreach (Option option in command.Options) option.CompletionSources.AddRange(OfOption(command.Name, option.Name));
            foreach (Argument argument in command.Arguments) argument.CompletionSources.AddRange(OfArgument(command.Name, argument.Name));
        }
    }

    private static IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> OfOption(string command, string option) => (command, option) switch
    {
        (_, "--device") => [Words("auto", "cpu", "cuda")],
        (_, "--precision") => [Words(Precisions.Auto, "fp32", "bf16")],
        ("export", "--format") => [Words([.. PartRegistry.BuiltIn.All<IModelExporter>().Select(static exporter => exporter.Part.Name)])],
        _ => [],
    };

    private static IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> OfArgument(string command, string argument) => (command, argument) switch
    {
        (_, "spec") or ("watch", _) => [SpecFiles.Complete],
        ("fetch", _) => [Words([.. RemoteFiles.All.Select(static file => file.Name)])],
        _ => [],
    };

    private static Func<CompletionContext, IEnumerable<CompletionItem>> Words(params string[] words) => _ => words.Select(static word => new CompletionItem(word));
}
