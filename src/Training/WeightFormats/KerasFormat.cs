using System.IO.Compression;
using FineTune.Pipeline;
using FineTune.Training.WeightFormats.Keras;

namespace FineTune.Training.WeightFormats;

/// <summary>Archives <c>.keras</c> of Keras 3, with the weights as an HDF5 file in them.</summary>
internal sealed class KerasFormat : IWeightFormat
{
    /// <summary>The name of the weights in an archive.</summary>
    private const string Weights = "model.weights.h5";

    /// <summary>The largest size of the extracted weights.</summary>
    private const long LargestEntry = 16L << 30;

    /// <inheritdoc />
    public string Name => "keras";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<string> Extensions => [".keras"];

    /// <inheritdoc />
    public bool Recognizes(ReadOnlySpan<byte> start, Stream file)
    {
        if (!ArchiveEntries.BeginsArchive(start)) return false;
        try
        {
            using var archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            return archive.GetEntry(Weights) is not null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public IWeightFile Open(Stream stream)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
        ZipArchiveEntry weights = archive.GetEntry(Weights) ?? throw new InvalidDataException($"The archive has no {Weights}.");
        return new KerasWeightFile(Extract(weights));
    }

    /// <summary>HDF5 files are read at any position, which an archive does not allow. The copy is deleted when it is closed.</summary>
    private static FileStream Extract(ZipArchiveEntry entry)
    {
        var copy = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            entry.CopyTo(copy, LargestEntry);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }
}
