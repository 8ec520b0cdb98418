using System.CommandLine;
using FineTune.Files;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using FineTune.Training.Processes;
using FineTune.Training.Schemas;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Commands;

/// <summary><c>finetune schema</c>: the JSON schema of specs, for editors. It does not load libtorch.</summary>
internal sealed class SchemaCommand : Command, IHasExamples
{
    private readonly Option<FileInfo?> _out = new("--out") { Description = "The file to write; standard output by default." };
    private readonly Option<string[]> _plugins = new("--plugin") { Description = SpecCommand.PluginDescription };

    public SchemaCommand()
        : base("schema", "Prints the JSON schema of .modelspec files, with which editors complete and check them.")
    {
        Add(_out);
        Add(_plugins);
        SetAction(Invoke);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune schema --out " + SpecSchema.FileName, "finetune schema"];

    private int Invoke(ParseResult parse)
    {
        var log = new ConsoleLog(Console.Error);
        var location = new SpecLocation("finetune schema", SourceSpan.FileStart);
        return ErrorBoundary.Run(log, () => location, new CacheFolder(AssetFolders.DefaultCache).Logs, () =>
        {
            (PartRegistry? parts, IReadOnlyList<Diagnostic> faults) = PartRegistry.Load(parse.GetValue(_plugins) ?? [], location);
            foreach (Diagnostic fault in faults) log.Report(fault);
            if (parts is null) return ErrorBoundary.Failed;
            string schema = SpecSchema.Write(parts.Words);
            if (parse.GetValue(_out) is { } file) AtomicFile.WriteText(file.FullName, schema);
            else Console.Out.Write(schema);
            return 0;
        });
    }
}
