using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using FineTune.Files;
using static TorchSharp.torch;

namespace FineTune.Weights;

/// <summary>Writes state dicts as safetensors files.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes a state dict atomically: into a temporary file beside <paramref name="path"/> that then takes its place, so that a
    /// full disk or a crash leaves the old file. Equal tensors give equal bytes.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="state">Float32 tensors in the order in which they shall stand.</param>
    /// <param name="metadata">Notes for <c>__metadata__</c>.</param>
    /// <exception cref="IOException">The file cannot be written; nothing half-written is left.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, Tensor>> state, IReadOnlyDictionary<string, string> metadata) =>
        AtomicFile.Write(path, file => Write(file, state, metadata));

    private static void Write(Stream file, IReadOnlyList<KeyValuePair<string, Tensor>> state, IReadOnlyDictionary<string, string> metadata)
    {
        byte[] header = Header(state, metadata);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        file.Write(prefix);
        file.Write(header);
        foreach ((_, Tensor tensor) in state)
        {
            using Tensor row = tensor.detach().cpu().contiguous();
            file.Write(row.bytes);
        }
    }

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, Tensor>> state, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string name, string value) in metadata.OrderBy(static m => m.Key, StringComparer.Ordinal)) json.WriteString(name, value);
            json.WriteEndObject();
            long position = 0;
            foreach ((string name, Tensor tensor) in state)
            {
                if (tensor.dtype != ScalarType.Float32) throw new ArgumentException($"'{name}' is {tensor.dtype}; only float32 is written.");
                long end = position + tensor.numel() * sizeof(float);
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.shape) json.WriteNumberValue(dimension);
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
