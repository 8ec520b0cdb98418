using FineTune.Pipeline;
using FineTune.Training.Cuda;
using FineTune.Training.Data;
using FineTune.Training.Diagnostics;
using FineTune.Training.Plugins;
using FineTune.Training.Weights;
using ModelSpec.Locks;
using TorchSharp;

namespace FineTune.Training.Locks;

/// <summary>The inputs of a training, digested before it begins.</summary>
/// <param name="Facts">The inputs by name.</param>
/// <param name="Fingerprints">The fingerprint of each stage in order.</param>
/// <param name="Split">The images; null if the dataset is not on this machine and the digests of the lock are used.</param>
/// <param name="PretrainedFile">The file of pretrained weights; null if there is none, or if the digest of the lock is used.</param>
internal sealed record TrainingInputs(
    IReadOnlyList<Fact> Facts, IReadOnlyList<string> Fingerprints, DatasetSplit? Split, string? PretrainedFile)
{
    /// <summary>The digest of all inputs: that of the last stage.</summary>
    public string Fingerprint => Fingerprints[^1];

    /// <summary>The digest of the test images; null if <see cref="Split"/> is.</summary>
    public string? TestDigest { get; init; }
}

/// <summary>Reads the inputs of a training.</summary>
/// <param name="spec">The spec.</param>
/// <param name="datasets">Finds the images.</param>
/// <param name="pretrained">Finds the pretrained weights.</param>
/// <param name="digests">Digests files.</param>
/// <param name="libTorch">The folder of a libtorch that is used instead of the package's, or null.</param>
/// <param name="cuda">How a CUDA device computes; null for <see cref="CudaSettings.Default"/>.</param>
internal sealed class TrainingInputReader(SpecSource spec, DatasetLoader datasets, PretrainedWeights pretrained, FileDigests digests, string? libTorch = null, CudaSettings? cuda = null)
{
    private const string Data = "data";
    private const string Backbone = "backbone";
    private const string EnvironmentTable = "environment";

    private static readonly string[] TorchLibraries = ["libtorch_cpu.so", "torch_cpu.dll", "libtorch_cpu.dylib"];

    /// <summary>
    /// Reads the current inputs. If the dataset or the pretrained weights are not on this machine and the lock is that of the same spec, the digests of
    /// the lock are used, because a download only for a comparison would be a waste.
    /// </summary>
    /// <param name="device">The device class: <c>cpu</c> or <c>cuda</c>.</param>
    /// <param name="precision">The precision: <c>fp32</c> or <c>bf16</c>.</param>
    /// <param name="known">The lock, or null to require all inputs on this machine.</param>
    /// <param name="cancellation">Cancels downloads and the reading of files.</param>
    /// <exception cref="TrainingException">Something is missing and cannot be downloaded.</exception>
    public TrainingInputs Read(string device, string precision, TrainingLock? known, CancellationToken cancellation = default)
    {
        List<Fact> facts = [.. PlanFacts.Of(spec.Plan), .. Revisions(), .. Environment(device, precision, cancellation)];
        bool trustsLock = known is not null
            && known.Find(Data, 0, "source") == TomlLiteral.Of(spec.Plan.Source)
            && PlanFacts.Names(spec.Plan).All(known.Facts.Contains)
            && !TrainingLock.Compare(known.Inputs.Where(PlanFacts.Covers), facts.Where(PlanFacts.Covers)).Any();

        string? weights = null;
        if (trustsLock && !pretrained.IsHere(spec)) Take(known!, Backbone, PlanFacts.WeightsDigest);
        else if ((weights = pretrained.Locate(spec, cancellation)) is not null) facts.Add(DigestOf(weights, cancellation));

        DatasetSplit? split = null;
        string? testDigest = null;
        if (trustsLock && !datasets.IsHere(spec, cancellation))
        {
            Take(known!, Data, "digest");
            Take(known!, Data, "images");
            Take(known!, Data, "parts");
            facts.AddRange(Of(ImageList.ReadAll(spec)));
        }
        else
        {
            split = datasets.Load(spec, cancellation);
            facts.AddRange(Of(split.Lists));
            try
            {
                (Fact[] found, testDigest) = Of(split, cancellation);
                facts.AddRange(found);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw spec.DataSource.Error(e, TrainingDiagnostics.UnreadableFile, "dataset", e.Message.TrimEnd('.') + ".");
            }
        }
        return new TrainingInputs(facts, Locks.Fingerprints.Of(facts), split, weights) { TestDigest = testDigest };

        void Take(TrainingLock source, string table, string key)
        {
            if (source.Find(table, 0, key) is { } value) facts.Add(new(table, 0, key, value));
        }
    }

    /// <summary>Whether the images have not changed since they were digested.</summary>
    public bool IsUnchanged(TrainingInputs inputs, CancellationToken cancellation = default)
    {
        try
        {
            return Of(inputs.Split!, cancellation).Facts.All(inputs.Facts.Contains);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An image that existed before is gone.
            return false;
        }
    }

    private (Fact[] Facts, string TestDigest) Of(DatasetSplit split, CancellationToken cancellation)
    {
        DatasetManifest manifest = DatasetManifest.Of(split, digests, cancellation);
        // Fractions and folders divide images as the spec says; importers, lists and groups as they are now.
        Fact[] parts = split.IsGiven ? [new(Data, 0, "parts", TomlLiteral.Of(DatasetManifest.DigestOfParts(split)))] : [];
        return ([.. parts, new(Data, 0, "digest", TomlLiteral.Of(manifest.Digest)), new(Data, 0, "images", TomlLiteral.Of(manifest.Images))], manifest.TestDigest);
    }

    private static IEnumerable<Fact> Of(IReadOnlyList<ImageList> lists) => lists.Select(static list => new Fact(Data, 0, list.Key, TomlLiteral.Of(list.Digest)));

    private Fact DigestOf(string weights, CancellationToken cancellation)
    {
        try
        {
            return new(Backbone, 0, PlanFacts.WeightsDigest, TomlLiteral.Of(digests.Of(weights, cancellation)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw spec.Weights.Error(e, TrainingDiagnostics.UnreadableFile, "pretrained weights", e.Message.TrimEnd('.') + ".");
        }
    }

    /// <summary>The revisions of the parts of the spec that can change weights.</summary>
    private IEnumerable<Fact> Revisions()
    {
        if (PlanFacts.HasImporter(spec.Plan))
        {
            yield return Revision(PlanFacts.Importer, 0, spec.Parts.Find<IDatasetImporter>(spec.Plan.Importer.Word).Part);
        }
        for (int i = 0; i < spec.Plan.Processors.Count; i++)
        {
            yield return Revision(PlanFacts.Processor, i + 1, spec.Parts.Find<IImageProcessor>(spec.Plan.Processors[i].Word).Part);
        }
        if (UsedPlugin.FormatOf(spec) is { } format)
        {
            yield return new(EnvironmentTable, 0, "weight_format", TomlLiteral.Of($"{format.Part.Name} {format.Part.Revision}"));
        }

        static Fact Revision(string table, int index, IPipelinePart part) => new(table, index, PlanFacts.Revision, TomlLiteral.Of(part.Revision));
    }

    private IEnumerable<Fact> Environment(string device, string precision, CancellationToken cancellation)
    {
        yield return new(EnvironmentTable, 0, "device", TomlLiteral.Of(device));
        if (device == "cuda")
        {
            // The defaults are not recorded: what was trained with them stays up to date.
            if (cuda is { Deterministic: false }) yield return new(EnvironmentTable, 0, "deterministic", TomlLiteral.Of(false));
            if (cuda is { Tf32: true }) yield return new(EnvironmentTable, 0, "tf32", TomlLiteral.Of(true));
        }
        yield return new(EnvironmentTable, 0, "precision", TomlLiteral.Of(precision));
        yield return new(EnvironmentTable, 0, "semantics", TomlLiteral.Of(TrainingSemantics.Revision));
        yield return new(EnvironmentTable, 0, "torchsharp", TomlLiteral.Of(typeof(torch).Assembly.GetName().Version!.ToString(3)));
        // The package's libtorch is determined by TorchSharp's version; another libtorch is identified by its digest.
        string? library = libTorch is null ? null : TorchLibraries.Select(name => Path.Combine(libTorch, name)).FirstOrDefault(File.Exists);
        if (library is not null) yield return new(EnvironmentTable, 0, "libtorch", TomlLiteral.Of(digests.Of(library, cancellation)));
    }
}
