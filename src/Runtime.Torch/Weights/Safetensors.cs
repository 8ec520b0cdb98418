using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace FineTune.Weights;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its key in the state dict.</param>
/// <param name="Type">Its element type as the format names it: <c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>I64</c>, ….</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Begin">Where its bytes begin, counted from the end of the header.</param>
/// <param name="End">Where they end.</param>
internal sealed record SafetensorsEntry(string Name, string Type, IReadOnlyList<long> Shape, long Begin, long End);

/// <summary>
/// The header of a safetensors file: eight bytes of length, JSON that names every tensor, then the tensors' bytes, row-major and
/// little-endian (github.com/huggingface/safetensors, "Format").
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Headers are small; a larger one is a damaged or hostile file. The reference implementation has the same limit.</summary>
    private const long LongestHeader = 100_000_000;

    private SafetensorsHeader(IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata, long dataOffset)
    {
        Entries = entries;
        Metadata = metadata;
        DataOffset = dataOffset;
    }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The file's own notes: <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Where the tensors' bytes begin in the file.</summary>
    public long DataOffset { get; }

    /// <summary>Reads a header and checks that the tensors fill the rest of the file without gaps or overlaps.</summary>
    /// <param name="stream">A stream at the start of the file; it is left just after the header.</param>
    /// <param name="length">The length of the whole file in bytes.</param>
    /// <exception cref="InvalidDataException">The file is not a safetensors file or is damaged; the message says where.</exception>
    public static SafetensorsHeader Read(Stream stream, long length)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8) throw Damaged("it has fewer than 8 bytes");
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (size > LongestHeader || (long)size > length - 8) throw Damaged($"its header claims {size} bytes");
        byte[] json = new byte[size];
        stream.ReadExactly(json);

        List<SafetensorsEntry> entries = [];
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    foreach (JsonProperty note in property.Value.EnumerateObject()) metadata[note.Name] = note.Value.GetString() ?? "";
                }
                else
                {
                    entries.Add(ReadEntry(property));
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or OverflowException)
        {
            throw Damaged("its header is not the JSON that the format asks for: " + e.Message);
        }

        entries.Sort(static (a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        Check(entries, length - 8 - (long)size);
        return new SafetensorsHeader(entries, metadata, 8 + (long)size);
    }

    private static SafetensorsEntry ReadEntry(JsonProperty property)
    {
        JsonElement offsets = property.Value.GetProperty("data_offsets");
        if (offsets.GetArrayLength() != 2) throw new FormatException($"'{property.Name}' has no two data_offsets");
        long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(static d => d.GetInt64())];
        return new SafetensorsEntry(
            property.Name, property.Value.GetProperty("dtype").GetString() ?? "", shape, offsets[0].GetInt64(), offsets[1].GetInt64());
    }

    private static void Check(List<SafetensorsEntry> entries, long dataLength)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        long position = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (!names.Add(entry.Name)) throw Damaged($"it has two tensors '{entry.Name}'");
            if (ElementTypes.OfSafetensors(entry.Type) is not { } type) throw Damaged($"the tensor '{entry.Name}' has the unknown type '{entry.Type}'");
            if (entry.End < entry.Begin || entry.End > dataLength)
            {
                throw Damaged($"the tensor '{entry.Name}' claims the bytes {entry.Begin} to {entry.End}, but {dataLength} follow the header");
            }
            if (entry.Begin != position) throw Damaged($"the tensor '{entry.Name}' begins at byte {entry.Begin} instead of {position}");
            long expected = type.Size();
            try
            {
                foreach (long dimension in entry.Shape)
                {
                    if (dimension < 0) throw Damaged($"the tensor '{entry.Name}' has a negative dimension");
                    expected = checked(expected * dimension);
                }
            }
            catch (OverflowException)
            {
                throw Damaged($"the tensor '{entry.Name}' is larger than any file");
            }
            if (entry.End - entry.Begin != expected)
            {
                throw Damaged(string.Create(CultureInfo.InvariantCulture,
                    $"the tensor '{entry.Name}' has {entry.End - entry.Begin} bytes; {entry.Type} [{string.Join(", ", entry.Shape)}] needs {expected}"));
            }
            position = entry.End;
        }
        if (position != dataLength) throw Damaged($"its tensors have {position} bytes, but {dataLength} follow the header");
    }

    private static InvalidDataException Damaged(string what) => new($"The file is not a valid safetensors file: {what}.");
}
