using System.CommandLine;
using FineTune.Native;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using FineTune.Training.Processes;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Commands;

/// <summary>The base of every command that works on a spec: its arguments and its handling of errors.</summary>
internal abstract class SpecCommand : Command
{
    private readonly Argument<FileInfo?> _spec = new("spec") { Description = "The .modelspec file." };
    private readonly Option<string[]> _backbones = new("--backbone") { Description = "A .backbone file of the project." };
    private readonly Option<string[]> _assets = new("--assets") { Description = "A folder searched for datasets and weights; MODELSPEC_ASSETS by default." };
    private readonly Option<string> _cache = new("--cache")
    {
        Description = "The folder of downloads, checkpoints and results of stages.",
        DefaultValueFactory = static _ => AssetFolders.DefaultCache,
    };
    private readonly Option<string[]> _native = new("--native") { Description = "A folder with native libraries, including those of libtorch." };

    private readonly Option<string[]> _plugins = new("--plugin") { Description = PluginDescription };

    private readonly Option<string?> _libTorch = new("--libtorch")
    {
        Description = "The folder of a libtorch or PyTorch to use instead of the package's; locks record its digest.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints JSON on standard output, and everything else on standard error." };

    private readonly Option<int> _parent = new("--parent") { Description = "The id of a process; when it ends, this process ends, too." };

    private readonly Option<string?> _parentHost = new("--parent-host") { Description = "The host of that process; on other hosts, it is not watched." };

    /// <summary>The description of the option <c>--plugin</c> of every command.</summary>
    internal const string PluginDescription = "A plugin as PATH|PROVIDES: its assembly, and what its ModelSpecPlugin item provides.";

    /// <summary>Makes a command.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="needsSpec">Whether it cannot do without a spec; if it can, <see cref="RunWithoutSpec"/> does its work.</param>
    protected SpecCommand(string name, string description, bool needsSpec = true)
        : base(name, description)
    {
        if (!needsSpec) _spec.Arity = ArgumentArity.ZeroOrOne;
        Add(_spec);
        Add(_backbones);
        Add(_assets);
        Add(_cache);
        Add(_native);
        Add(_libTorch);
        Add(_plugins);
        Add(_parent);
        Add(_parentHost);
        SetAction(InvokeAsync);
    }

    /// <summary>Does the work.</summary>
    /// <exception cref="TrainingException">The work cannot be done.</exception>
    protected abstract void Run(SpecSource spec, ParseResult parse, IProgressLog log, CancellationToken cancellation);

    /// <summary>Does the work of a command that was given no spec.</summary>
    /// <exception cref="TrainingException">It cannot be done.</exception>
    protected virtual void RunWithoutSpec(ParseResult parse, IProgressLog log, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Adds <c>--json</c>, for a command whose result programs can read.</summary>
    protected void AddJson() => Add(_json);

    /// <summary>Whether to print JSON. Standard output then contains only the result.</summary>
    protected bool PrintsJson(ParseResult parse) => Options.Contains(_json) && parse.GetValue(_json);

    /// <summary>Whether standard output is for the result alone, so that everything else is told on standard error.</summary>
    protected virtual bool KeepsOutputForResult(ParseResult parse) => PrintsJson(parse);

    /// <summary>The folder of a libtorch that is used instead of the package's, or null.</summary>
    protected string? LibTorch(ParseResult parse) => parse.GetValue(_libTorch) is { } folder ? LibTorchFolder.Resolve(folder) : null;

    /// <summary>The folders with native libraries that the command line names, each with its option.</summary>
    protected IReadOnlyList<(string Option, string Folder)> NamedNativeFolders(ParseResult parse) =>
    [
        .. ((string?[])[LibTorch(parse)]).OfType<string>().Select(static folder => ("--libtorch", folder)),
        .. (parse.GetValue(_native) ?? []).Select(static folder => ("--native", folder)),
    ];

    /// <summary>The asset folders of the command line, or of the environment.</summary>
    protected AssetFolders Assets(ParseResult parse)
    {
        string[] folders = parse.GetValue(_assets) ?? [];
        // A build passes the variable on unchanged.
        if (folders.Length == 0) folders = [Environment.GetEnvironmentVariable("MODELSPEC_ASSETS") ?? ""];
        return new AssetFolders([.. folders.SelectMany(AssetFolders.Split)], parse.GetValue(_cache)!);
    }

    private async Task<int> InvokeAsync(ParseResult parse, CancellationToken interrupted)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        bool isHere = parse.GetValue(_parentHost) is not { } host || host == Environment.MachineName;
        Task watch = ParentProcess.WatchAsync(isHere ? parse.GetValue(_parent) : 0, cancellation);
        int code = Invoke(parse, cancellation.Token);
        await cancellation.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        return code;
    }

    private int Invoke(ParseResult parse, CancellationToken cancellation)
    {
        var log = new ConsoleLog(KeepsOutputForResult(parse) ? Console.Error : Console.Out);
        FileInfo? file = parse.GetValue(_spec);
        var location = new SpecLocation(file?.FullName ?? $"finetune {Name}", SourceSpan.FileStart);
        string logs = new CacheFolder(parse.GetValue(_cache)!).Logs;
        return ErrorBoundary.Run(log, () => location, logs, () =>
        {
            if (LibTorch(parse) is { } libTorch && !LibTorchFolder.HasLibTorch(libTorch)) throw location.Error(TrainingDiagnostics.NoLibTorch, libTorch, NativeDirectories.FileName("torch_cpu"));
            foreach ((_, string folder) in NamedNativeFolders(parse)) NativeDirectories.Add(folder);
            ToolFolders.Add();
            if (file is null)
            {
                RunWithoutSpec(parse, log, cancellation);
                return 0;
            }
            if (!file.Exists) throw location.Error(TrainingDiagnostics.NoSpec, file);
            (PartRegistry? parts, IReadOnlyList<Diagnostic> faults) = PartRegistry.Load(parse.GetValue(_plugins) ?? [], location);
            foreach (Diagnostic fault in faults) log.Report(fault);
            if (parts is null) return ErrorBoundary.Failed;
            (SpecSource? spec, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Read(file.FullName, parse.GetValue(_backbones) ?? [], parts);
            foreach (Diagnostic diagnostic in diagnostics) log.Report(diagnostic);
            if (spec is null) return ErrorBoundary.Failed;
            location = spec.Name;
            Run(spec, parse, log, cancellation);
            return 0;
        });
    }
}
