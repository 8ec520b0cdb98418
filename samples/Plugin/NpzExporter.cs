using System.IO.Compression;
using FineTune.Pipeline;

namespace SamplePlugin;

/// <summary>
/// Writes the weights for <c>numpy.load</c>: a zip file <c>NAME.npz</c> with one array <c>KEY.npy</c> for each key of the state dict. The same weights
/// give the same bytes.
/// </summary>
public sealed class NpzExporter : IModelExporter
{
    /// <summary>The earliest time that zip files can contain. With the current time, every file would be different.</summary>
    private static readonly DateTimeOffset Time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc />
    public string Name => "npz";

    /// <inheritdoc />
    public int Revision => 1;

    /// <summary><c>compressed</c>: whether arrays are deflated, as <c>numpy.savez_compressed</c> does.</summary>
    public IReadOnlyList<PartParameter> Parameters => [PartParameter.Flag("compressed", false)];

    /// <inheritdoc />
    public IReadOnlyList<string> Outputs(string specName, PartValues values) => [$"{specName}.npz"];

    /// <inheritdoc />
    public void Export(ExportContext context)
    {
        CompressionLevel level = context.Values.Flag("compressed") ? CompressionLevel.Optimal : CompressionLevel.NoCompression;
        using Stream file = context.Create($"{context.SpecName}.npz");
        using var archive = new ZipArchive(file, ZipArchiveMode.Create);
        foreach (TrainedTensor tensor in context.Model.Tensors)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            ZipArchiveEntry entry = archive.CreateEntry($"{tensor.Key}.npy", level);
            entry.LastWriteTime = Time;
            using Stream array = entry.Open();
            NpyArray.Write(array, tensor.Shape, tensor.Values.Span);
        }
    }
}
