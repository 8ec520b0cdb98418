using System.IO.Compression;
using FineTune.Pipeline;

namespace FineTune.Training.WeightFormats;

/// <summary>Checkpoints as PyTorch writes them since 1.6: zip archives.</summary>
internal sealed class PyTorchFormat : IWeightFormat
{
    /// <inheritdoc />
    public string Name => "pytorch";

    /// <inheritdoc />
    public int Revision => 1;

    /// <inheritdoc />
    public IReadOnlyList<string> Extensions => [".pth", ".pt"];

    /// <inheritdoc />
    public bool Recognizes(ReadOnlySpan<byte> start, Stream file) => ArchiveEntries.BeginsArchive(start);

    /// <inheritdoc />
    public IWeightFile Open(Stream stream)
    {
        ZipArchive archive;
        try
        {
            archive = new ZipArchive(stream, ZipArchiveMode.Read);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        try
        {
            return new TorchZipFile(archive);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }
}
