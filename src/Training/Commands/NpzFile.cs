using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using FineTune.Files;

namespace FineTune.Training.Commands;

/// <summary>
/// Writes features as a NumPy archive: a zip file with one <c>.npy</c> for each array (NumPy Enhancement Proposal 1, "A Simple File Format
/// for NumPy Arrays", version 1.0).
/// </summary>
internal static class NpzFile
{
    /// <summary>Writes the arrays <c>files</c> (text, <c>[N]</c>) and <c>features</c> (float32, <c>[N, F]</c>).</summary>
    /// <exception cref="IOException">The file cannot be written; nothing is left of it.</exception>
    public static void Write(string path, IReadOnlyList<string> files, IReadOnlyList<float[]> features) => AtomicFile.Write(path, stream =>
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        // NumPy's text has four bytes for each character, and the same length in every element.
        int longest = Math.Max(1, files.Max(static file => Encoding.UTF32.GetByteCount(file)) / 4);
        using (Stream names = archive.CreateEntry("files.npy").Open())
        {
            WriteHeader(names, string.Create(CultureInfo.InvariantCulture, $"<U{longest}"), string.Create(CultureInfo.InvariantCulture, $"({files.Count},)"));
            foreach (string file in files)
            {
                byte[] text = new byte[4 * longest];
                Encoding.UTF32.GetBytes(file, text);
                names.Write(text);
            }
        }
        using Stream values = archive.CreateEntry("features.npy").Open();
        WriteHeader(values, "<f4", string.Create(CultureInfo.InvariantCulture, $"({features.Count}, {features[0].Length})"));
        foreach (float[] row in features) values.Write(MemoryMarshal.AsBytes(row.AsSpan()));
    });

    /// <summary>The magic string, the version, and a Python dictionary that is padded so that the values begin at a multiple of 64.</summary>
    private static void WriteHeader(Stream stream, string type, string shape)
    {
        const int Start = 10;
        string dictionary = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        int length = (Start + dictionary.Length + 1 + 63) / 64 * 64 - Start;
        stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0]);
        Span<byte> size = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(size, (ushort)length);
        stream.Write(size);
        stream.Write(Encoding.ASCII.GetBytes(dictionary.PadRight(length - 1) + "\n"));
    }
}
