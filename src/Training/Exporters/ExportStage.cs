using System.Text;
using System.Text.RegularExpressions;
using FineTune.Files;
using FineTune.Pipeline;
using FineTune.Training.Assets;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using FineTune.Training.Plugins;
using ModelSpec.Language;
using ModelSpec.Locks;

namespace FineTune.Training.Exporters;

/// <summary>A table <c>[[export]]</c>: the exporter, and the files that it writes.</summary>
/// <param name="Exporter">The exporter.</param>
/// <param name="Place">Where the spec names it.</param>
/// <param name="Outputs">The full paths by the names that it declares.</param>
internal sealed record ExportUse(RegisteredPart<IModelExporter> Exporter, PartPlace Place, IReadOnlyDictionary<string, string> Outputs);

/// <summary>
/// Writes the trained network in the forms that a spec asks for. What was written is kept by what it came from: a change of an exporter, or a
/// file that is missing or another, runs that exporter alone.
/// </summary>
/// <param name="spec">The spec.</param>
/// <param name="weights">The weight file next to the spec, which exports must not overwrite.</param>
/// <param name="assets">Where the dataset is, for exporters that need images.</param>
/// <param name="log">Where it is told.</param>
/// <param name="device">Where the answers of the network are computed if an exporter asks for them and the cache does not have them.</param>
internal sealed partial class ExportStage(SpecSource spec, string weights, AssetFolders assets, IProgressLog log, string device = "auto")
{
    private string SpecName => Path.GetFileNameWithoutExtension(spec.Spec.Path);

    /// <summary>The exports of the spec. The weights themselves, which are always written, are not among them.</summary>
    /// <exception cref="TrainingException">An exporter failed, or its files would overwrite others.</exception>
    public IReadOnlyList<ExportUse> Uses(CancellationToken cancellation) => Find(spec.Spec.Exports, spec.Folder, cancellation);

    /// <summary>An export that the spec need not have.</summary>
    /// <param name="section">The exporter and the values of its keys.</param>
    /// <param name="folder">The folder that its files are relative to.</param>
    /// <param name="cancellation">Ends the call of the exporter.</param>
    /// <returns>The export; none for the weights themselves, where they are.</returns>
    /// <exception cref="TrainingException">The exporter failed, or its files would overwrite others.</exception>
    public IReadOnlyList<ExportUse> Use(PartSection section, string folder, CancellationToken cancellation) =>
        Find([section], Path.GetFullPath(folder), cancellation);

    private List<ExportUse> Find(IEnumerable<PartSection> sections, string folder, CancellationToken cancellation)
    {
        Dictionary<string, string> taken = new(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase)
        {
            [Path.GetFullPath(spec.Spec.Path)] = "the spec",
            [Path.GetFullPath(FineTuningOptions.LockFile(spec))] = "the lock",
            [Path.GetFullPath(weights)] = "the weights",
        };
        List<ExportUse> uses = [];
        foreach (PartSection section in sections)
        {
            var place = new PartPlace(spec, section);
            RegisteredPart<IModelExporter> exporter = spec.Parts.Find<IModelExporter>(section.Use.Word);
            IReadOnlyList<string> names = PartCall.Run(exporter, place, () => exporter.Part.Outputs(SpecName, place.Values), cancellation);
            if (names.Count == 0) throw Broken("it declares no outputs.");
            Dictionary<string, string> outputs = new(StringComparer.Ordinal);
            foreach (string name in names)
            {
                string path = Path.GetFullPath(Path.Combine(folder, name));
                if (exporter.Part is SafetensorsExporter && path == Path.GetFullPath(weights)) continue;
                if (Path.IsPathRooted(name) || Path.GetRelativePath(folder, path).StartsWith("..", StringComparison.Ordinal))
                {
                    throw Broken($"its output '{name}' is not in the spec's folder.");
                }
                if (!taken.TryAdd(path, exporter.Title)) throw place.At(null).Error(TrainingDiagnostics.OutputTaken, exporter.Title, path, taken[path]);
                outputs.Add(name, path);
            }
            if (outputs.Count > 0) uses.Add(new ExportUse(exporter, place, outputs));

            TrainingException Broken(string what) => place.At(null).Error(TrainingDiagnostics.BrokenContract, exporter.Title, exporter.Plugin.Name, what);
        }
        return uses;
    }

    /// <summary>Writes what is not as it should be.</summary>
    /// <param name="uses">The exports.</param>
    /// <param name="digest">The digest of the weight file.</param>
    /// <param name="cache">What exporters wrote.</param>
    /// <param name="digests">Digests files.</param>
    /// <param name="cancellation">Ends an exporter; nothing half-written is left.</param>
    /// <returns>What exporters measured, as tables <c>[[export]]</c> of the lock: one for each export with figures.</returns>
    /// <exception cref="TrainingException">An exporter failed, or its files cannot be written.</exception>
    public IReadOnlyList<Fact> Run(IEnumerable<ExportUse> uses, string digest, ExportCache cache, FileDigests digests, CancellationToken cancellation)
    {
        TrainingLock? known = LockOf(digest);
        // What a report shows in addition to the weights' own figures.
        string recorded = string.Concat(known?.Facts
            .Where(static fact => fact.Table is TrainingLock.Certainty or TrainingLock.CrossValidation)
            .Select(static fact => $"\n{fact.Name} = {fact.Value}") ?? []);
        List<Fact> facts = [];
        int measured = 0;
        foreach (ExportUse use in uses)
        {
            string stamp = PartStamp.Of(use.Place.Section.Use, use.Exporter, digest, spec.Folder, SpecName, spec.Network.ClassName, (known?.Fingerprint ?? "") + recorded);
            ExportEntry? entry = cache.Find(stamp);
            if (entry is null || entry.Outputs.Count != use.Outputs.Count || !use.Outputs.All(output => IsAsKnown(output.Key, output.Value, entry.Outputs)))
            {
                (Dictionary<string, double> figures, bool isComplete) = Write(use, weights, digest, known, cancellation);
                entry = new ExportEntry(use.Outputs.ToDictionary(static output => output.Key, static output => FileDigests.Compute(output.Value), StringComparer.Ordinal), figures);
                // Written again where images that it asked for are there.
                if (isComplete) cache.Save(stamp, entry);
                log.Line($"{spec.Network.ClassName}: wrote {string.Join(", ", use.Outputs.Keys)}");
                foreach (string page in use.Outputs.Values.Where(static path => path.EndsWith(".html", StringComparison.Ordinal)))
                {
                    log.Line($"{spec.Network.ClassName}: open {new Uri(page).AbsoluteUri}");
                }
            }
            if (entry.Figures is not { Count: > 0 } figuresOfEntry) continue;
            measured++;
            facts.Add(new Fact(TrainingLock.Exports, measured, "files", TomlLiteral.Array(use.Outputs.Keys.Select(TomlLiteral.Of))));
            facts.AddRange(figuresOfEntry.Select(figure => new Fact(TrainingLock.Exports, measured, figure.Key, TomlLiteral.Of(figure.Value))));
        }
        return facts;

        bool IsAsKnown(string name, string path, IReadOnlyDictionary<string, string> known) =>
            File.Exists(path) && known.TryGetValue(name, out string? expected) && expected == digests.Of(path, cancellation);
    }

    /// <summary>
    /// Writes which files exports have, for the build: <c>FORMAT PATH</c> on each line, with full paths. A format has no spaces. The file is
    /// written anew each time: builds compare its time with the spec's.
    /// </summary>
    /// <param name="uses">The exports.</param>
    /// <param name="path">The list; it is there as a whole or not at all.</param>
    /// <exception cref="TrainingException">The list cannot be written.</exception>
    public void WriteList(IEnumerable<ExportUse> uses, string path)
    {
        string[] lines = [.. uses.SelectMany(static use => use.Outputs.Values.Select(output => $"{use.Exporter.Part.Name} {output}\n"))];
        try
        {
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(lines))), durable: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.CannotWrite, path, ExceptionText.Sentence(e.Message));
        }
    }

    /// <summary>Writes the weights next to the spec, from the cache.</summary>
    /// <param name="trained">The weights in the cache.</param>
    /// <param name="digest">Their digest.</param>
    /// <exception cref="TrainingException">They cannot be written.</exception>
    public void WriteWeights(string trained, string digest)
    {
        RegisteredPart<IModelExporter> exporter = spec.Parts.Find<IModelExporter>(SafetensorsExporter.Word);
        PartPlace place = PartPlace.OfBuiltIn(spec, SafetensorsExporter.Word);
        var outputs = exporter.Part.Outputs(SpecName, place.Values).ToDictionary(static name => name, _ => weights, StringComparer.Ordinal);
        Write(new ExportUse(exporter, place, outputs), trained, digest, LockOf(digest), CancellationToken.None);
    }

    /// <summary>The lock next to the spec if it records these weights; whether it can be read is told by others.</summary>
    private TrainingLock? LockOf(string digest)
    {
        TrainingLock? known = null;
        string path = FineTuningOptions.LockFile(spec);
        BestEffort.Run(() => known = File.Exists(path) ? TrainingLock.Read(File.ReadAllText(path), path).Value : null);
        return known?.Weights == digest ? known : null;
    }

    /// <summary>Runs an exporter.</summary>
    /// <returns>What it measured, and whether it got every image that it asked for.</returns>
    private (Dictionary<string, double> Figures, bool IsComplete) Write(
        ExportUse use, string trained, string digest, TrainingLock? known, CancellationToken cancellation)
    {
        (RegisteredPart<IModelExporter> exporter, PartPlace place, IReadOnlyDictionary<string, string> outputs) = use;
        Dictionary<string, double> figures = new(StringComparer.Ordinal);
        try
        {
            using var model = new TrainedModels(trained, digest, spec, known?.Fingerprint);
            using var files = new ExportFiles(outputs, place.At(null));
            var cache = new CacheFolder(assets.Cache);
            var images = new ExportImages(spec, assets, log, cancellation);
            using var explanations = new ExportExplanations(spec, trained, device, log);
            var answers = new Lazy<ImageAnswers?>(new ExportAnswers(spec, trained, known, images, cache, device, log, cancellation).Find);
            var context = new ExportContext
            {
                Folder = spec.Folder,
                Classes = [.. spec.Network.Classes.Select(static c => c.Text)],
                Values = place.Values,
                Report = new PartReport(place, log),
                Cancellation = cancellation,
                SpecName = SpecName,
                Model = model.Model,
                Create = files.Create,
                Images = images.Of,
                NamedImages = images.Of,
                AugmentedImages = images.Augmented,
                TestAnswers = () => answers.Value,
                Explain = explanations.Of,
                Training = TrainingRecords.Of(spec, known, new StageCache(cache)),
                Record = (name, value) => figures[FigureName().IsMatch(name) ? name : throw new ArgumentException($"'{name}' is not the name of a figure.")] = value,
            };
            PartCall.Run(
                exporter, place,
                () =>
                {
                    exporter.Part.Export(context);
                    return true;
                },
                cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (files.Commit() is { Count: > 0 } missing)
            {
                throw place.At(null).Error(
                    TrainingDiagnostics.BrokenContract, exporter.Title, exporter.Plugin.Name, $"it has not written its output {string.Join(", ", missing)}.");
            }
            return (figures, !images.HasMissed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw place.At(null).Error(e, TrainingDiagnostics.CannotWrite, outputs.Values.First(), ExceptionText.Sentence(e.Message));
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*$")]
    private static partial Regex FigureName();
}
