using FineTune.Pipeline;
using FineTune.Weights;
using ElementType = FineTune.Weights.ElementType;

namespace FineTune.Training.WeightFormats;

/// <summary>A <c>.safetensors</c> file.</summary>
internal sealed class SafetensorsFile : IWeightFile
{
    private readonly Stream _file;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    public SafetensorsFile(Stream file)
    {
        _file = file;
        _header = SafetensorsHeader.Read(file, file.Length);
        Prefix = ParallelPrefix.Find([.. _header.Entries.Select(static e => e.Name)]);
        _entries = _header.Entries.ToDictionary(e => e.Name[Prefix.Length..], StringComparer.Ordinal);
        Tensors = [.. _header.Entries.Select(e => new WeightTensor(e.Name[Prefix.Length..], Type(e).ToContract(), e.Shape))];
    }

    public IReadOnlyList<WeightTensor> Tensors { get; }

    public string Prefix { get; }

    public float[] Read(string name)
    {
        SafetensorsEntry entry = _entries[name];
        byte[] bytes = TensorBytes.Allocate(name, entry.End - entry.Begin);
        _file.Position = _header.DataOffset + entry.Begin;
        _file.ReadExactly(bytes);
        return Type(entry).ToFloat32(bytes);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The header contains only known types.</summary>
    private static ElementType Type(SafetensorsEntry entry) => ElementTypes.OfSafetensors(entry.Type)!.Value;
}
