using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SamplePlugin;

/// <summary>Writes arrays in NumPy's format (NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", version 1.0).</summary>
internal static class NpyArray
{
    /// <summary>Magic string, version and length of the header.</summary>
    private const int Start = 10;

    /// <summary>Writes an array of float32.</summary>
    /// <param name="stream">The stream to write to.</param>
    /// <param name="shape">Its dimensions; none for a single number.</param>
    /// <param name="values">Its numbers, row-major.</param>
    public static void Write(Stream stream, IReadOnlyList<long> shape, ReadOnlySpan<float> values)
    {
        string type = BitConverter.IsLittleEndian ? "<f4" : ">f4";
        // A Python tuple: (), (3,), (3, 4).
        string tuple = shape.Count == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape)})";
        string dictionary = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {tuple}, }}";
        // Spaces and a line feed pad the header, so that the numbers begin at a multiple of 64.
        int length = (Start + dictionary.Length + 1 + 63) / 64 * 64 - Start;

        Span<byte> size = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(size, (ushort)length);
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, .. size]);
        stream.Write(Encoding.ASCII.GetBytes(dictionary.PadRight(length - 1) + "\n"));
        stream.Write(MemoryMarshal.AsBytes(values));
    }
}
