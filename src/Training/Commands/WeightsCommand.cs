using System.CommandLine;
using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using FineTune.Training.Weights;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace FineTune.Training.Commands;

/// <summary><c>finetune weights FILE</c>: lists the tensors of any weight file. It needs no spec and does not load libtorch.</summary>
internal sealed class WeightsCommand : Command, IHasExamples
{
    private readonly Argument<string> _file = new("file") { Description = "A .pth, .safetensors, .h5 or .keras file." };
    private readonly Option<string[]> _plugins = new("--plugin") { Description = SpecCommand.PluginDescription };
    private readonly Option<bool> _json = new("--json") { Description = "Prints JSON, with the first values and the sum of every tensor." };

    public WeightsCommand()
        : base("weights", "Lists the tensors of a weight file: names, element types and shapes.")
    {
        Add(_file);
        Add(_json);
        Add(_plugins);
        SetAction((parse, cancellation) => Task.FromResult(Invoke(parse, cancellation)));
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Examples => ["finetune weights flowers.safetensors", "finetune weights model.pth --json"];

    private int Invoke(ParseResult parse, CancellationToken cancellation)
    {
        string path = parse.GetValue(_file)!;
        var log = new ConsoleLog(Console.Error);
        var location = new SpecLocation(path, SourceSpan.FileStart);
        return ErrorBoundary.Run(log, () => location, new CacheFolder(AssetFolders.DefaultCache).Logs, () =>
        {
            (PartRegistry? parts, IReadOnlyList<Diagnostic> faults) = PartRegistry.Load(parse.GetValue(_plugins) ?? [], location);
            foreach (Diagnostic fault in faults) log.Report(fault);
            return parts is null ? ErrorBoundary.Failed : Run(path, parse.GetValue(_json), Console.OpenStandardOutput, Console.Error, parts, cancellation);
        });
    }

    /// <summary>Lists a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="json">Whether to print JSON.</param>
    /// <param name="open">Opens the output. Nothing is written to it if the file cannot be read.</param>
    /// <param name="error">Receives the line of an error.</param>
    /// <param name="parts">The parts of the pipeline, whose formats are read; by default, the built-in ones.</param>
    /// <param name="cancellation">Ends the wait for a plugin.</param>
    /// <returns>0, or 1 if the file cannot be read.</returns>
    internal static int Run(
        string path, bool json, Func<Stream> open, TextWriter error, PartRegistry? parts = null, CancellationToken cancellation = default)
    {
        if (!File.Exists(path)) return Fail(path, TrainingDiagnostics.NoWeightFile, error, path, "");
        byte[] listing;
        try
        {
            using IWeightFile file = WeightFiles.Open(path, parts ?? PartRegistry.BuiltIn, new SpecLocation(path, SourceSpan.FileStart), cancellation);
            listing = json ? WeightListing.Json(file) : System.Text.Encoding.UTF8.GetBytes(WeightListing.Text(file));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Fail(path, TrainingDiagnostics.DamagedWeights, error, path, WeightFiles.Reason(e));
        }
        using Stream output = open();
        output.Write(listing);
        output.WriteByte((byte)'\n');
        return 0;
    }

    /// <summary>The line that MSBuild understands. A weight file has no lines, so the position is its start.</summary>
    private static int Fail(string path, DiagnosticDescriptor descriptor, TextWriter error, params object[] arguments)
    {
        error.WriteLine($"{path}: error {descriptor.Code}: {Diagnostic.Create(descriptor, path, SourceSpan.FileStart, arguments).Message}");
        return 1;
    }
}
