using System.IO.Compression;
using System.Text;
using FineTune.Pipeline;
using FineTune.Training.WeightFormats.Pickle;
using FineTune.Weights;

namespace FineTune.Training.WeightFormats;

/// <summary>
/// A <c>.pth</c> file as PyTorch writes it since 1.6: a zip archive with <c>data.pkl</c>, which describes the tensors, and one file per
/// storage. Only the storages that are needed are read.
/// </summary>
internal sealed class TorchZipFile : IWeightFile
{
    /// <summary>The largest size of the description; it has about 100 bytes per tensor.</summary>
    private const long LongestPickle = 256 << 20;

    private readonly ZipArchive _archive;
    private readonly string _folder;
    private readonly StateDict _state;

    /// <summary>Reads the description of the tensors.</summary>
    /// <param name="archive">The archive. It is disposed with this object, but not if the constructor throws.</param>
    /// <exception cref="InvalidDataException">The archive is damaged, or was not written by PyTorch.</exception>
    public TorchZipFile(ZipArchive archive)
    {
        _archive = archive;
        ZipArchiveEntry pickle = archive.Entries.FirstOrDefault(static e => e.Name == "data.pkl")
            ?? throw new InvalidDataException("The archive has neither the data.pkl of PyTorch nor the model.weights.h5 of Keras.");
        _folder = pickle.FullName[..^"data.pkl".Length];
        CheckByteOrder();
        using var buffer = new MemoryStream();
        pickle.CopyTo(buffer, LongestPickle);
        _state = StateDict.Find(new PickleReader(buffer).Read());
    }

    public IReadOnlyList<WeightTensor> Tensors => _state.List;

    public string Prefix => _state.Prefix;

    public float[] Read(string name)
    {
        PickledTensor tensor = _state.Tensors[name];
        ZipArchiveEntry entry = _archive.GetEntry($"{_folder}data/{tensor.Storage.Key}")
            ?? throw new InvalidDataException($"The archive lacks the storage of '{name}'.");
        int size = tensor.Storage.Type.Size();
        long skipped = tensor.Offset * size;
        if (entry.Length < skipped + tensor.Extent * size) throw new InvalidDataException($"The storage of '{name}' is too short.");
        byte[] bytes = TensorBytes.Allocate(name, tensor.Extent * size);
        using Stream stream = entry.Open();
        Skip(stream, skipped);
        stream.ReadExactly(bytes);
        return StateDict.Gather(tensor, tensor.Storage.Type.ToFloat32(bytes));
    }

    public void Dispose() => _archive.Dispose();

    private void CheckByteOrder()
    {
        if (_archive.GetEntry(_folder + "byteorder") is not { } entry) return;
        using var buffer = new MemoryStream();
        entry.CopyTo(buffer, 1 << 20);
        string order = Encoding.ASCII.GetString(buffer.ToArray());
        if (order.Trim() != "little") throw new InvalidDataException("The file was written on a big-endian machine, whose byte order is not read.");
    }

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
