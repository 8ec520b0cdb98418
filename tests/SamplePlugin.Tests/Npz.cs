using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace SamplePlugin.Tests;

/// <summary>An array of a NumPy archive.</summary>
internal sealed record NpyValues(long[] Shape, float[] Values);

/// <summary>Reads NumPy archives of little-endian float32 as NumPy Enhancement Proposal 1 describes them.</summary>
internal static partial class Npz
{
    public static IReadOnlyDictionary<string, NpyValues> Read(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file));
        return archive.Entries.ToDictionary(static entry => Path.GetFileNameWithoutExtension(entry.FullName), static entry =>
        {
            Assert.EndsWith(".npy", entry.FullName, StringComparison.Ordinal);
            using Stream stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return ReadArray(copy.ToArray());
        });
    }

    private static NpyValues ReadArray(byte[] bytes)
    {
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], bytes[..8]);
        int end = 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Equal(0, end % 64);
        string header = Encoding.ASCII.GetString(bytes[10..end]);
        Match match = Header().Match(header);
        Assert.True(match.Success, header);
        string inside = match.Groups["shape"].Value;
        long[] shape = [.. inside.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(static n => long.Parse(n, CultureInfo.InvariantCulture))];
        // Python writes a tuple of one with a comma.
        Assert.Equal(shape.Length == 1, inside.EndsWith(','));
        float[] values = [.. Enumerable.Range(0, (bytes.Length - end) / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(end + 4 * i)))];
        Assert.Equal(shape.Aggregate(1L, static (product, n) => product * n) * 4, bytes.Length - end);
        return new NpyValues(shape, values);
    }

    [GeneratedRegex(@"^\{'descr': '<f4', 'fortran_order': False, 'shape': \((?<shape>[0-9, ]*)\), \} *\n$")]
    private static partial Regex Header();
}
