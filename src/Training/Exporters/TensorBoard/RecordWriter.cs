using System.Buffers.Binary;
using Google.Protobuf;

namespace FineTune.Training.Exporters.TensorBoard;

/// <summary>
/// Writes records of TensorFlow: the length (8 bytes, the least significant first), the masked checksum of the length, the message, and the
/// masked checksum of the message.
/// </summary>
/// <param name="file">The file; it stays open.</param>
internal sealed class RecordWriter(Stream file)
{
    /// <summary>Writes a message as a record.</summary>
    public void Write(IMessage message)
    {
        byte[] data = message.ToByteArray();
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)data.Length);
        file.Write(length);
        WriteChecksum(length);
        file.Write(data);
        WriteChecksum(data);
    }

    private void WriteChecksum(ReadOnlySpan<byte> bytes)
    {
        Span<byte> checksum = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.Masked(bytes));
        file.Write(checksum);
    }
}
