using System.CommandLine;
using FineTune.Files;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Doctor;
using FineTune.Training.NewProjects;
using FineTune.Training.Processes;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Commands;

/// <summary><c>finetune new FOLDER</c>: from a folder of images to a project that trains a classifier of them. It does not load libtorch.</summary>
internal sealed class NewCommand : Command, IHasExamples
{
    private readonly Argument<string> _folder = new("folder") { Description = "The images: one folder per class, or folders 'train' and 'test' ('val') with the classes below." };
    private readonly Option<string?> _output = new("--output") { Description = "The folder of the new project; by default one in the current folder, named after the class." };
    private readonly Option<string?> _name = new("--name") { Description = "The generated class, for example FlowerClassifier; made from the folder's name by default." };
    private readonly Option<bool> _force = new("--force") { Description = "Overwrites files of the project that exist." };
    private readonly Option<string[]> _assets = new("--assets") { Description = "A folder searched for weights; MODELSPEC_ASSETS by default." };
    private readonly Option<string> _cache = new("--cache") { Description = "Where downloads are kept.", DefaultValueFactory = static _ => AssetFolders.DefaultCache };

    private readonly Option<string> _packageVersion = new("--package-version")
    {
        Description = "The version of FineTune.Build that the project references; that of this program by default.",
        DefaultValueFactory = static _ => MachineFindings.Version,
    };

    public NewCommand()
        : base("new", "Makes a project from a folder of images: a commented spec, a project file and a program.")
    {
        Add(_folder);
        Add(_output);
        Add(_name);
        Add(_force);
        Add(_assets);
        Add(_cache);
        Add(_packageVersion);
        SetAction((parse, cancellation) => Task.FromResult(Invoke(parse, cancellation)));
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples =>
    [
        "finetune new photos/ && cd PhotosApp && dotnet run -p:TrainModel=true",
        "finetune new photos/ --name FlowerClassifier --output flowers",
    ];

    private int Invoke(ParseResult parse, CancellationToken cancellation)
    {
        var log = new ConsoleLog(Console.Out);
        string folder = parse.GetValue(_folder)!;
        var location = new SpecLocation(folder, SourceSpan.FileStart);
        return ErrorBoundary.Run(log, () => location, new CacheFolder(parse.GetValue(_cache)!).Logs, () =>
        {
            Create(folder, parse, location, log, cancellation);
            return 0;
        });
    }

    private void Create(string folder, ParseResult parse, SpecLocation location, ConsoleLog log, CancellationToken cancellation)
    {
        ToolFolders.Add();
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!Directory.Exists(root)) throw location.Error(TrainingDiagnostics.NoDataset, folder);
        string className = parse.GetValue(_name) ?? ProjectNames.ClassOf(Path.GetFileName(root));
        ProjectNames names = ProjectNames.Of(className);
        string output = Path.GetFullPath(parse.GetValue(_output) ?? names.Project);

        ImageFolder images = Read(root, location, cancellation);
        string[] given = parse.GetValue(_assets) ?? [];
        if (given.Length == 0) given = [Environment.GetEnvironmentVariable("MODELSPEC_ASSETS") ?? ""];
        Recipe recipe = Recipe.For(images, new AssetFolders([.. given.SelectMany(AssetFolders.Split)], parse.GetValue(_cache)!));
        string source = Path.GetRelativePath(output, root).Replace('\\', '/');
        if (Path.IsPathRooted(source)) throw location.Error(TrainingDiagnostics.CannotCreate, $"'{output}' is on another disk, so there is no relative path to the images. Choose another --output.");
        IReadOnlyDictionary<string, string> files = ProjectFiles.Of(names, images, recipe, source, parse.GetValue(_packageVersion)!);
        // Read as a build reads it, so that a name that cannot be one is told before anything is written.
        string spec = names.Spec + ".modelspec";
        (SpecSource? read, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Parse(files[spec], Path.Combine(output, spec), []);
        foreach (Diagnostic diagnostic in diagnostics) log.Report(diagnostic);
        if (read is null) throw location.Error(TrainingDiagnostics.CannotCreate, "the spec would have the errors above. Choose another --name, or rename folders.");
        Write(files, output, parse.GetValue(_force), location);
        Tell(images, recipe, log);
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, output);
        log.Line($"Wrote {string.Join(", ", files.Keys)}");
        log.Line($"Next: {(relative == "." ? "" : $"cd {relative} && ")}dotnet run -p:TrainModel=true");
    }

    private static ImageFolder Read(string root, SpecLocation location, CancellationToken cancellation)
    {
        try
        {
            return ImageFolder.Read(root, cancellation);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw location.Error(e, TrainingDiagnostics.CannotCreate, e.Message);
        }
    }

    private static void Write(IReadOnlyDictionary<string, string> files, string output, bool overwrites, SpecLocation location)
    {
        string[] existing = [.. files.Keys.Where(name => File.Exists(Path.Combine(output, name)))];
        if (existing.Length > 0 && !overwrites)
        {
            throw location.Error(TrainingDiagnostics.CannotCreate, $"'{output}' already has {string.Join(", ", existing)}. Choose another --output, or overwrite with --force.");
        }
        foreach ((string name, string content) in files)
        {
            string path = Path.Combine(output, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.WriteText(path, content);
        }
    }

    private static void Tell(ImageFolder images, Recipe recipe, ConsoleLog log)
    {
        log.Line($"{images.Count} images of {images.Classes.Count} classes{(images.Division is null ? "" : ", already divided")}: "
            + string.Join(", ", images.Classes.Take(20).Select(static c => $"{c.Name} {c.Count}")) + (images.Classes.Count > 20 ? " …" : ""));
        foreach (string remark in images.Remarks) log.Line($"warning: {remark}");
        log.Line($"Recipe: {recipe.Backbone.Architecture} with ImageNet weights ({recipe.Weights}); a head"
            + (recipe.HasSecondStage ? ", then the last blocks with it" : " on the frozen backbone")
            + (recipe.Views is { } views ? $"; {views} changed versions of each image" : "")
            + (recipe.IsWeighted ? "; rare classes get more weight" : ""));
    }
}
