using System.IO.Compression;
using FineTune.Training.Weights.Pickle;

namespace FineTune.Training.Weights;

/// <summary>
/// A <c>.pth</c> file as PyTorch writes it since 1.6: a zip archive with <c>data.pkl</c>, which describes the tensors, and one file per
/// storage. Only the storages that are asked for are read.
/// </summary>
internal sealed class TorchZipFile : IWeightFile
{
    private readonly ZipArchive _archive;
    private readonly string _prefix;
    private readonly Dictionary<string, PickledTensor> _tensors;

    public TorchZipFile(Stream file)
    {
        _archive = new ZipArchive(file, ZipArchiveMode.Read);
        try
        {
            ZipArchiveEntry pickle = _archive.Entries.FirstOrDefault(static e => e.Name == "data.pkl")
                ?? throw new InvalidDataException("The archive has no data.pkl, so PyTorch did not write it.");
            _prefix = pickle.FullName[..^"data.pkl".Length];
            using var buffer = new MemoryStream();
            using (Stream stream = pickle.Open()) stream.CopyTo(buffer);
            buffer.Position = 0;
            _tensors = StateDict.Find(new PickleReader(buffer).Read());
        }
        catch
        {
            _archive.Dispose();
            throw;
        }
        Shapes = _tensors.ToDictionary(static t => t.Key, static t => t.Value.Shape, StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, long[]> Shapes { get; }

    public float[] Read(string name)
    {
        PickledTensor tensor = _tensors[name];
        ZipArchiveEntry entry = _archive.GetEntry($"{_prefix}data/{tensor.Storage.Key}")
            ?? throw new InvalidDataException($"The archive lacks the storage of '{name}'.");
        int size = tensor.Storage.Type.Size();
        long skipped = tensor.Offset * size;
        if (entry.Length < skipped + tensor.Extent * size) throw new InvalidDataException($"The storage of '{name}' is too short.");
        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)(tensor.Extent * size)));
        using Stream stream = entry.Open();
        Skip(stream, skipped);
        stream.ReadExactly(bytes);
        return StateDict.Gather(tensor, tensor.Storage.Type.ToFloat32(bytes));
    }

    public void Dispose() => _archive.Dispose();

    private static void Skip(Stream stream, long count)
    {
        byte[] buffer = new byte[Math.Min(count, 1 << 16)];
        while (count > 0)
        {
            int read = (int)Math.Min(count, buffer.Length);
            stream.ReadExactly(buffer, 0, read);
            count -= read;
        }
    }
}
