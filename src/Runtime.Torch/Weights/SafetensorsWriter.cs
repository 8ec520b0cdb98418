using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using FineTune.Files;
using static TorchSharp.torch;

namespace FineTune.Weights;

/// <summary>Writes state dicts as safetensors files.</summary>
internal static class SafetensorsWriter
{
    /// <summary>
    /// Writes a state dict atomically: into a temporary file next to <paramref name="path"/> that then takes its place, so that a
    /// full disk or a crash leaves the old file. Equal tensors give equal bytes.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="state">Float32 tensors in the order in which they are written.</param>
    /// <param name="metadata">Notes for <c>__metadata__</c>.</param>
    /// <exception cref="IOException">The file cannot be written; nothing half-written is left.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, Tensor>> state, IReadOnlyDictionary<string, string> metadata) =>
        AtomicFile.Write(path, file => Write(file, state, metadata));

    /// <summary>Writes numbers as a safetensors file. Equal numbers give equal bytes.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="tensors">Names and shapes in the order in which they are written.</param>
    /// <param name="values">The numbers of the tensor at an index, row-major; asked for one after another.</param>
    /// <param name="metadata">Notes for <c>__metadata__</c>.</param>
    internal static void Write(
        Stream file, IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> tensors, Func<int, ReadOnlyMemory<float>> values,
        IReadOnlyDictionary<string, string> metadata)
    {
        WriteHeader(file, tensors, metadata);
        for (int i = 0; i < tensors.Count; i++) file.Write(MemoryMarshal.AsBytes(values(i).Span));
    }

    private static void Write(Stream file, IReadOnlyList<KeyValuePair<string, Tensor>> state, IReadOnlyDictionary<string, string> metadata)
    {
        foreach ((string name, Tensor tensor) in state)
        {
            if (tensor.dtype != ScalarType.Float32) throw new ArgumentException($"'{name}' is {tensor.dtype}; only float32 is written.");
        }
        WriteHeader(file, [.. state.Select(static entry => (entry.Key, (IReadOnlyList<long>)entry.Value.shape))], metadata);
        foreach ((_, Tensor tensor) in state)
        {
            using Tensor row = tensor.detach().cpu().contiguous();
            file.Write(row.bytes);
        }
    }

    private static void WriteHeader(
        Stream file, IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        byte[] header = Header(tensors, metadata);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        file.Write(prefix);
        file.Write(header);
    }

    private static byte[] Header(IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string name, string value) in metadata.OrderBy(static m => m.Key, StringComparer.Ordinal)) json.WriteString(name, value);
            json.WriteEndObject();
            long position = 0;
            foreach ((string name, IReadOnlyList<long> shape) in tensors)
            {
                long end = position + shape.Aggregate(1L, static (product, size) => product * size) * sizeof(float);
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (long dimension in shape) json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                position = end;
            }
            json.WriteEndObject();
        }

        // The data begins at a multiple of 8, so that it can be mapped; the format pads with spaces.
        int padded = (buffer.WrittenCount + 7) / 8 * 8;
        byte[] header = new byte[padded];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }
}
