using System.CommandLine;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Commands;

/// <summary><c>finetune fetch [NAME…]</c>: downloads files of the catalogue before a build needs them; without a name, lists them.</summary>
internal sealed class FetchCommand : Command, IHasExamples
{
    private static readonly SpecLocation Location = new("finetune fetch", SourceSpan.FileStart);

    private readonly Argument<string[]> _names = new("name") { Description = "Files of the catalogue, or flowers17.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _to = new("--to") { Description = "The folder to put them into.", DefaultValueFactory = static _ => AssetFolders.DefaultCache };

    public FetchCommand()
        : base("fetch", "Downloads datasets and weights of the catalogue, or lists them.")
    {
        Add(_names);
        Add(_to);
        SetAction((parse, cancellation) => Task.FromResult(Invoke(parse, cancellation)));
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune fetch", "finetune fetch flowers17 --to assets/"];

    private int Invoke(ParseResult parse, CancellationToken cancellation)
    {
        var log = new ConsoleLog(Console.Out);
        return ErrorBoundary.Run(
            log, static () => Location, new CacheFolder(parse.GetValue(_to)!).Logs, () => Fetch(parse, log, cancellation));
    }

    private int Fetch(ParseResult parse, ConsoleLog log, CancellationToken cancellation)
    {
        var folders = new AssetFolders([], parse.GetValue(_to)!);
        string[] names = parse.GetValue(_names) ?? [];
        if (names.Length == 0)
        {
            foreach (RemoteFile file in RemoteFiles.All) log.Line($"{file.Name}  {folders.Find(file.RelativePath) ?? "not here"}  {file.Url}");
            return 0;
        }

        using var client = Downloader.CreateClient();
        var downloader = new Downloader(folders, log, client);
        foreach (string name in names)
        {
            RemoteFile? file = RemoteFiles.All.FirstOrDefault(f => f.Name == name);
            if (file is null)
            {
                Console.Error.WriteLine($"'{name}' is not in the catalogue. Known: {string.Join(", ", RemoteFiles.All.Select(static f => f.Name))}.");
                return 2;
            }
            log.Line($"{name}: {folders.Find(file.RelativePath) ?? downloader.Download(file, Location, cancellation)}");
        }
        return 0;
    }
}
