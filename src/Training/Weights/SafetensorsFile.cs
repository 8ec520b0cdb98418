using FineTune.Weights;

namespace FineTune.Training.Weights;

/// <summary>A <c>.safetensors</c> file.</summary>
internal sealed class SafetensorsFile : IWeightFile
{
    private static readonly Dictionary<string, ElementType> Types = new(StringComparer.Ordinal)
    {
        ["F32"] = ElementType.Float32,
        ["F64"] = ElementType.Float64,
        ["F16"] = ElementType.Float16,
        ["BF16"] = ElementType.BFloat16,
        ["I64"] = ElementType.Int64,
        ["I32"] = ElementType.Int32,
        ["I16"] = ElementType.Int16,
        ["I8"] = ElementType.Int8,
        ["U8"] = ElementType.UInt8,
        ["BOOL"] = ElementType.Bool,
    };

    private readonly Stream _file;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    public SafetensorsFile(Stream file)
    {
        _file = file;
        _header = SafetensorsHeader.Read(file, file.Length);
        _entries = _header.Entries.ToDictionary(static e => e.Name, StringComparer.Ordinal);
        Shapes = _entries.ToDictionary(static e => e.Key, static e => e.Value.Shape.ToArray(), StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, long[]> Shapes { get; }

    public float[] Read(string name)
    {
        SafetensorsEntry entry = _entries[name];
        if (!Types.TryGetValue(entry.Type, out ElementType type)) throw new InvalidDataException($"'{name}' has the type {entry.Type}, which no weights have.");
        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)(entry.End - entry.Begin)));
        _file.Position = _header.DataOffset + entry.Begin;
        _file.ReadExactly(bytes);
        return type.ToFloat32(bytes);
    }

    public void Dispose() => _file.Dispose();
}
