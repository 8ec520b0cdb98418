using System.Text;
using FineTune.Files;
using FineTune.Pipeline;
using FineTune.Training.Cache;
using FineTune.Training.Diagnostics;
using FineTune.Training.Locks;
using FineTune.Training.Plugins;
using ModelSpec.Language;

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
/// <param name="weights">The weight file beside the spec, which exports must not overwrite.</param>
/// <param name="log">Where it is told.</param>
internal sealed class ExportStage(SpecSource spec, string weights, IProgressLog log)
{
    private string SpecName => Path.GetFileNameWithoutExtension(spec.Spec.Path);

    /// <summary>The exports of the spec. The weights themselves, which are always written, are not among them.</summary>
    /// <exception cref="TrainingException">An exporter failed, or its files would overwrite others.</exception>
    public IReadOnlyList<ExportUse> Uses(CancellationToken cancellation)
    {
        Dictionary<string, string> taken = new(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase)
        {
            [Path.GetFullPath(spec.Spec.Path)] = "the spec",
            [Path.GetFullPath(FineTuningOptions.LockFile(spec))] = "the lock",
            [Path.GetFullPath(weights)] = "the weights",
        };
        List<ExportUse> uses = [];
        foreach (PartSection section in spec.Spec.Exports)
        {
            var place = new PartPlace(spec, section);
            RegisteredPart<IModelExporter> exporter = spec.Parts.Find<IModelExporter>(section.Use.Word);
            IReadOnlyList<string> names = PartCall.Run(exporter, place, () => exporter.Part.Outputs(SpecName, place.Values), cancellation);
            if (names.Count == 0) throw Broken("it declares no outputs.");
            Dictionary<string, string> outputs = new(StringComparer.Ordinal);
            foreach (string name in names)
            {
                string path = Path.GetFullPath(Path.Combine(spec.Folder, name));
                if (exporter.Part is SafetensorsExporter && path == Path.GetFullPath(weights)) continue;
                if (Path.IsPathRooted(name) || Path.GetRelativePath(spec.Folder, path).StartsWith("..", StringComparison.Ordinal))
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
    /// <param name="digest">The digest of the weight file.</param>
    /// <param name="cache">What exporters wrote.</param>
    /// <param name="digests">Digests files.</param>
    /// <param name="cancellation">Ends an exporter; nothing half-written is left.</param>
    /// <exception cref="TrainingException">An exporter failed, or its files cannot be written.</exception>
    public void Run(string digest, ExportCache cache, FileDigests digests, CancellationToken cancellation)
    {
        foreach (ExportUse use in Uses(cancellation))
        {
            string stamp = PartStamp.Of(use.Place.Section.Use, use.Exporter, digest, spec.Folder, SpecName, spec.Network.ClassName);
            if (cache.Find(stamp) is { } known && known.Count == use.Outputs.Count && use.Outputs.All(output => IsAsKnown(output.Key, output.Value, known))) continue;
            Write(use.Exporter, use.Place, use.Outputs, weights, cancellation);
            cache.Save(stamp, use.Outputs.ToDictionary(static output => output.Key, static output => FileDigests.Compute(output.Value), StringComparer.Ordinal));
            log.Line($"{spec.Network.ClassName}: wrote {string.Join(", ", use.Outputs.Keys)}");
        }

        bool IsAsKnown(string name, string path, IReadOnlyDictionary<string, string> known) =>
            File.Exists(path) && known.TryGetValue(name, out string? expected) && expected == digests.Of(path, cancellation);
    }

    /// <summary>
    /// Writes which files the exports of the spec have, for the build: <c>FORMAT PATH</c> on each line, with full paths. A format has no
    /// spaces. The file is written anew each time: builds compare its time with the spec's.
    /// </summary>
    /// <param name="path">The list; it is there as a whole or not at all.</param>
    /// <param name="cancellation">Ends the calls of exporters.</param>
    /// <exception cref="TrainingException">An exporter failed, or the list cannot be written.</exception>
    public void WriteList(string path, CancellationToken cancellation)
    {
        string[] lines = [.. Uses(cancellation).SelectMany(static use => use.Outputs.Values.Select(output => $"{use.Exporter.Part.Name} {output}\n"))];
        try
        {
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(lines))), durable: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.Name.Error(e, TrainingDiagnostics.CannotWrite, path, ExceptionText.Sentence(e.Message));
        }
    }

    /// <summary>Writes the weights beside the spec, from the cache.</summary>
    /// <param name="trained">The weights in the cache.</param>
    /// <exception cref="TrainingException">They cannot be written.</exception>
    public void WriteWeights(string trained)
    {
        RegisteredPart<IModelExporter> exporter = spec.Parts.Find<IModelExporter>(SafetensorsExporter.Word);
        PartPlace place = PartPlace.OfBuiltIn(spec, SafetensorsExporter.Word);
        var outputs = exporter.Part.Outputs(SpecName, place.Values).ToDictionary(static name => name, _ => weights, StringComparer.Ordinal);
        Write(exporter, place, outputs, trained, CancellationToken.None);
    }

    private void Write(
        RegisteredPart<IModelExporter> exporter, PartPlace place, IReadOnlyDictionary<string, string> outputs, string trained, CancellationToken cancellation)
    {
        try
        {
            using var model = new TrainedModels(trained, spec);
            using var files = new ExportFiles(outputs, place.At(null));
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
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw place.At(null).Error(e, TrainingDiagnostics.CannotWrite, outputs.Values.First(), ExceptionText.Sentence(e.Message));
        }
    }
}
