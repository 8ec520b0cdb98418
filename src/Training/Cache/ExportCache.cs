using FineTune.Files;

namespace FineTune.Training.Cache;

/// <summary>The digests of exported files by stamp: the digest of everything that the files depend on, including their folder.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class ExportCache(CacheFolder folder)
{
    /// <summary>The digests of the files that an exporter wrote, by name; null if it has not run.</summary>
    public IReadOnlyDictionary<string, string>? Find(string stamp) => CacheEntries.Read<Entry>(folder.Export(stamp))?.Outputs;

    /// <summary>Keeps the digests of the files that an exporter wrote, if that is possible.</summary>
    /// <param name="stamp">The stamp of the exporter.</param>
    /// <param name="outputs">The digest of each file by its name.</param>
    public void Save(string stamp, IReadOnlyDictionary<string, string> outputs) =>
        BestEffort.Run(() => CacheEntries.Write(folder.Export(stamp), new Entry(new Dictionary<string, string>(outputs))));

    private sealed record Entry(Dictionary<string, string> Outputs);
}
