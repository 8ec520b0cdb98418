using System.Buffers.Binary;
using FineTune.Pipeline;
using FineTune.Training.WeightFormats.Pickle;
using FineTune.Weights;

namespace FineTune.Training.WeightFormats;

/// <summary>
/// A <c>.pth</c> file as PyTorch wrote it before 1.6, such as torchvision's VGG16: five pickles (a magic number, a version, a note on the system,
/// the tensors and the list of storages), then the storages, each preceded by its length. Only the storages that are
/// needed are read.
/// </summary>
internal sealed class TorchLegacyFile : IWeightFile
{
    /// <summary>The first pickle, as hexadecimal text: it does not fit 64 bits.</summary>
    private const string Magic = "1950a86a20f9469cfc6c";

    private readonly Stream _file;
    private readonly StateDict _state;
    private readonly Dictionary<string, long> _positions;

    public TorchLegacyFile(Stream file)
    {
        _file = file;
        if (new PickleReader(file).Read() is not string magic || magic.TrimStart('0') != Magic) throw new InvalidDataException("PyTorch's magic number is missing.");
        if (new PickleReader(file).Read() is not 1001L) throw new InvalidDataException("The file has another version of PyTorch's format than 1001.");
        if (new PickleReader(file).Read() is PickledDictionary system && system["little_endian"] is false)
        {
            throw new InvalidDataException("The file was written on a big-endian machine, whose byte order is not read.");
        }
        var tensors = new PickleReader(file);
        _state = StateDict.Find(tensors.Read());
        if (new PickleReader(file).Read() is not List<object?> keys) throw new InvalidDataException("The list of storages is missing.");
        _positions = Locate(file, keys.OfType<string>(), tensors.ReferredStorages);
    }

    public IReadOnlyList<WeightTensor> Tensors => _state.List;

    public string Prefix => _state.Prefix;

    public float[] Read(string name)
    {
        PickledTensor tensor = _state.Tensors[name];
        int size = tensor.Storage.Type.Size();
        if (!_positions.TryGetValue(tensor.Storage.Key, out long position)) throw new InvalidDataException($"The file lacks the storage of '{name}'.");
        // The tensor is within its storage, and the storage within the file.
        _file.Position = position + tensor.Offset * size;
        byte[] bytes = TensorBytes.Allocate(name, tensor.Extent * size);
        _file.ReadExactly(bytes);
        return StateDict.Gather(tensor, tensor.Storage.Type.ToFloat32(bytes));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Finds the start of each storage's numbers, by stepping from length to length, including the storages of an optimizer.</summary>
    private static Dictionary<string, long> Locate(Stream file, IEnumerable<string> keys, IReadOnlyDictionary<string, PickledStorage> storages)
    {
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        Span<byte> length = stackalloc byte[8];
        foreach (string key in keys)
        {
            if (file.ReadAtLeast(length, 8, throwOnEndOfStream: false) < 8) throw new InvalidDataException($"The file ends before the storage '{key}'.");
            long count = BinaryPrimitives.ReadInt64LittleEndian(length);
            if (!storages.TryGetValue(key, out PickledStorage? storage)) throw new InvalidDataException($"The file has a storage '{key}' that its pickle does not describe.");
            if (count != storage.Count) throw new InvalidDataException($"The storage '{key}' has {count} numbers instead of {storage.Count}.");
            long bytes = count * storage.Type.Size();
            if (bytes > file.Length - file.Position) throw new InvalidDataException($"The file ends within the storage '{key}'.");
            positions[key] = file.Position;
            file.Position += bytes;
        }
        return positions;
    }
}
