using System.Globalization;
using System.Reflection;
using FineTune.Training.Processes;
using ModelSpec.Locks;

namespace FineTune.Training.Cache;

/// <summary>
/// The cache folder of a user, with the path of each kind of file. All specs share it. A name made from a digest or fingerprint consists of its
/// hexadecimal digits.
/// </summary>
/// <param name="Path">The folder; it may be missing.</param>
internal sealed record CacheFolder(string Path)
{
    /// <summary>
    /// The path of weights, with <c>DIGEST</c> instead of their digest. Builds use it, too: it is read from their
    /// <c>FineTune.Cache.props</c> when the trainer is compiled.
    /// </summary>
    private static readonly string WeightsPath =
        typeof(CacheFolder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "CachedWeights").Value!;

    private static readonly string WeightsFolder = System.IO.Path.GetDirectoryName(WeightsPath)!;

    /// <summary>Data of trainings that does not fit into memory.</summary>
    public string Scratch => In("scratch");

    /// <summary>The stack traces of unexpected errors.</summary>
    public string Logs => In("logs");

    /// <summary>The progress of trainings, for those who follow them.</summary>
    public string Progress => In("progress");

    /// <summary>The digests of files that were read before.</summary>
    public string Digests => In("digests");

    /// <summary>The file in which trainings reserve the machine's memory.</summary>
    public string MemoryTurn => In("turns", "memory.lock");

    /// <summary>The weights with a digest.</summary>
    public string Weights(string digest) => In(WeightsPath.Replace("DIGEST", Digest.Hex(digest), StringComparison.Ordinal));

    /// <summary>A new file for weights whose digest is not known yet.</summary>
    public string NewWeights(string fingerprint) => In(WeightsFolder, $"{Digest.Hex(fingerprint)}.{Guid.NewGuid():N}.new");

    /// <summary>The checkpoints of a stage.</summary>
    public string Checkpoints(string fingerprint) => In("checkpoints", Digest.Hex(fingerprint));

    /// <summary>The result of a stage.</summary>
    public string Stage(string fingerprint) => In("stages", Digest.Hex(fingerprint) + ".json");

    /// <summary>The answers of the network after a stage.</summary>
    public string Answers(string fingerprint) => In("answers", Digest.Hex(fingerprint) + ".json");

    /// <summary>The result of the cross-validation of a stage.</summary>
    public string CrossValidation(string fingerprint, int folds) => In("cross-validations", string.Create(CultureInfo.InvariantCulture, $"{Digest.Hex(fingerprint)}-{folds}.json"));

    /// <summary>The results of the cross-validations of a stage, with any number of folds.</summary>
    public IEnumerable<string> CrossValidations(string fingerprint) =>
        Directory.Exists(In("cross-validations")) ? Directory.EnumerateFiles(In("cross-validations"), $"{Digest.Hex(fingerprint)}-*.json") : [];

    /// <summary>What the images of a dataset look like.</summary>
    public string Prints(string dataset) => In("prints", Digest.Hex(dataset) + ".json");

    /// <summary>The result of an evaluator.</summary>
    public string Evaluation(string stamp) => In("evaluations", Digest.Hex(stamp) + ".json");

    /// <summary>The digests of the files that an exporter wrote.</summary>
    public string Export(string stamp) => In("exports", Digest.Hex(stamp) + ".json");

    /// <summary>The lock file of the training of a stage.</summary>
    public string StageTurn(string fingerprint) => In("turns", Digest.Hex(fingerprint) + ".lock");

    /// <summary>The lock file of the trainings that write the same weight file.</summary>
    public string OutputTurn(string output) => In("turns", Turn.KeyOf(output, OperatingSystem.IsWindows()) + ".lock");

    /// <summary>The existing folders that are trimmed: their files are large and can be computed again.</summary>
    public IEnumerable<DirectoryInfo> Trimmed =>
        ((string[])[WeightsFolder, "checkpoints", "answers", "evaluations", "prints"]).Select(name => new DirectoryInfo(In(name))).Where(static folder => folder.Exists);

    private string In(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Path, .. names]);
}
