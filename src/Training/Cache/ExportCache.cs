using FineTune.Files;

namespace FineTune.Training.Cache;

/// <summary>The digests of exported files by stamp: the digest of everything that the files depend on, including their folder.</summary>
/// <param name="folder">The cache folder.</param>
internal sealed class ExportCache(CacheFolder folder)
{
    /// <summary>What an exporter wrote; null if it has not run.</summary>
    public ExportEntry? Find(string stamp) => CacheEntries.Read<ExportEntry>(folder.Export(stamp));

    /// <summary>Keeps what an exporter wrote, if that is possible.</summary>
    /// <param name="stamp">The stamp of the exporter.</param>
    /// <param name="entry">What it wrote.</param>
    public void Save(string stamp, ExportEntry entry) => BestEffort.Run(() => CacheEntries.Write(folder.Export(stamp), entry));
}

/// <summary>What an exporter wrote.</summary>
/// <param name="Outputs">The digest of each file by its name.</param>
/// <param name="Figures">What it measured, by name; null in entries of earlier versions, whose exporters measured nothing.</param>
internal sealed record ExportEntry(Dictionary<string, string> Outputs, Dictionary<string, double>? Figures = null);
