using System.CommandLine;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Following;
using FineTune.Training.Terminal;
using ModelSpec.Text;
using Spectre.Console;

namespace FineTune.Training.Commands;

/// <summary><c>finetune watch [SPEC | FOLDER]</c>: follows trainings that other processes run.</summary>
internal sealed class WatchCommand : Command, IHasExamples
{
    /// <summary>The exit code if there is no training to follow.</summary>
    private const int NothingTrains = 2;

    private readonly Argument<string?> _path = new("path")
    {
        Description = "A spec, or a folder with specs at any depth; every training of this user by default.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _wait = new("--wait") { Description = "Waits for a training if none runs." };
    private readonly Option<bool> _last = new("--last") { Description = "Shows the training that ended last instead." };
    private readonly Option<bool> _interactive = new("--interactive") { Description = "Shows the live view even if the output does not look like a terminal." };
    private readonly Option<string> _cache = new("--cache")
    {
        Description = "The cache folder of the training.",
        DefaultValueFactory = static _ => AssetFolders.DefaultCache,
    };

    public WatchCommand()
        : base("watch", "Follows trainings that builds or other processes run, until they end.")
    {
        Add(_path);
        Add(_wait);
        Add(_last);
        Add(_interactive);
        Add(_cache);
        Validators.Add(result =>
        {
            if (result.GetValue(_wait) && result.GetValue(_last)) result.AddError("--wait and --last exclude each other.");
        });
        SetAction((parse, cancellation) => Task.FromResult(Invoke(parse, cancellation)));
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune watch", "finetune watch flowers.modelspec --wait && echo trained", "finetune watch src/ --last"];

    private int Invoke(ParseResult parse, CancellationToken cancellation)
    {
        var log = new ConsoleLog(Console.Out);
        var location = new SpecLocation(parse.GetValue(_path) is { } path ? Path.GetFullPath(path) : "finetune watch", SourceSpan.FileStart);
        return ErrorBoundary.Run(log, () => location, new CacheFolder(parse.GetValue(_cache)!).Logs, () =>
        {
            Predicate<string> isWanted = Wanted(parse.GetValue(_path), location);
            int code = 0;
            if (LiveLog.IsPossible) LiveLog.Run(AnsiConsole.Console, live => code = Follow(parse, isWanted, location, live, cancellation));
            else if (parse.GetValue(_interactive)) LiveLog.Run(Terminal(), live => code = Follow(parse, isWanted, location, live, cancellation));
            else code = Follow(parse, isWanted, location, log, cancellation);
            return code;
        });
    }

    private int Follow(ParseResult parse, Predicate<string> isWanted, SpecLocation location, IProgressLog log, CancellationToken cancellation)
    {
        var follower = new TrainingFollower(new CacheFolder(parse.GetValue(_cache)!).Progress, isWanted, log);
        try
        {
            if (parse.GetValue(_last))
            {
                if (!follower.ShowLast()) return Nothing("No training has ended here");
            }
            else if (!follower.Run(parse.GetValue(_wait), cancellation))
            {
                return Nothing("Nothing is training here");
            }
            return follower.AllTrained ? 0 : ErrorBoundary.Failed;
        }
        catch (OperationCanceledException)
        {
            log.Line("No longer following; a training continues.");
            return ErrorBoundary.Cancelled;
        }

        int Nothing(string what)
        {
            log.Report(location.At(TrainingDiagnostics.NothingToFollow, what));
            return NothingTrains;
        }
    }

    /// <summary>Which specs are followed, by their full paths.</summary>
    private static Predicate<string> Wanted(string? path, SpecLocation location)
    {
        if (path is null) return static _ => true;
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        StringComparison comparison = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (Directory.Exists(full))
        {
            string prefix = Path.EndsInDirectorySeparator(full) ? full : full + Path.DirectorySeparatorChar;
            return spec => spec.StartsWith(prefix, comparison);
        }
        if (!File.Exists(full)) throw location.Error(TrainingDiagnostics.NothingToFollow, $"'{path}' does not exist");
        // A project file stands for its folder.
        if (Path.GetExtension(full) != ".modelspec") return Wanted(Path.GetDirectoryName(full)!, location);
        return spec => spec.Equals(full, comparison);
    }

    private static IAnsiConsole Terminal() =>
        AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
}
