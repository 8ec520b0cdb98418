using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FineTune.Images;

/// <summary>
/// Resizes an image as Pillow does, to the bit, but only the part that is wanted: rows first, rounded to 8 bits, then columns. What it
/// takes in memory depends on that part and the shorter side of the image, whatever its longer side. All arithmetic is in integers,
/// so every processor gets the same pixels.
/// </summary>
internal static class CropResampler
{
    private const int Half = 1 << (FilterWeights.FractionalBits - 1);

    /// <summary>The bytes from one row of a result to the next: whole vectors, so that no row needs a remainder.</summary>
    public static int Stride(int width) => (4 * width + Vector256<byte>.Count - 1) / Vector256<byte>.Count * Vector256<byte>.Count;

    /// <summary>Resizes.</summary>
    /// <param name="image">The pixels of the whole image, four bytes each.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="rows">The weights of the rows of the part that is wanted.</param>
    /// <param name="columns">The weights of its columns.</param>
    /// <param name="result">Gets its rows, each <see cref="Stride"/> bytes.</param>
    public static void Resample(ReadOnlySpan<byte> image, int width, FilterWeights rows, FilterWeights columns, Span<byte> result)
    {
        int stride = Stride(columns.Count);
        int height = rows.End - rows.First;
        byte[] narrowed = ArrayPool<byte>.Shared.Rent(height * stride);
        try
        {
            ReadOnlySpan<uint> pixels = MemoryMarshal.Cast<byte, uint>(image);
            for (int y = 0; y < height; y++)
            {
                ResampleRow(pixels.Slice((rows.First + y) * width, width), columns, MemoryMarshal.Cast<byte, uint>(narrowed.AsSpan(y * stride, stride)));
            }
            for (int y = 0; y < rows.Count; y++)
            {
                MixRows(narrowed.AsSpan((rows.Start(y) - rows.First) * stride), rows.Weights(y), result.Slice(y * stride, stride));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(narrowed);
        }
    }

    private static void ResampleRow(ReadOnlySpan<uint> row, FilterWeights columns, Span<uint> result)
    {
        for (int x = 0; x < columns.Count; x++)
        {
            ReadOnlySpan<int> weights = columns.Weights(x);
            ReadOnlySpan<uint> pixels = row.Slice(columns.Start(x), weights.Length);
            Vector128<int> sum = Vector128.Create(Half);
            for (int tap = 0; tap < weights.Length; tap++)
            {
                Vector128<byte> pixel = Vector128.CreateScalarUnsafe(pixels[tap]).AsByte();
                sum += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * weights[tap];
            }
            // Bicubic sums can be below 0 and above 255.
            Vector128<uint> value = Vector128.Min(Vector128.Max(sum >> FilterWeights.FractionalBits, Vector128<int>.Zero), Vector128.Create(255)).AsUInt32();
            Vector128<ushort> channels = Vector128.Narrow(value, value);
            result[x] = Vector128.Narrow(channels, channels).AsUInt32().ToScalar();
        }
    }

    /// <summary>The weighted mean of rows, of which each is as long as the result.</summary>
    private static void MixRows(ReadOnlySpan<byte> rows, ReadOnlySpan<int> weights, Span<byte> result)
    {
        int stride = result.Length;
        Vector256<int> half = Vector256.Create(Half);
        for (int at = 0; at < stride; at += Vector256<byte>.Count)
        {
            (Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d) = (half, half, half, half);
            for (int tap = 0; tap < weights.Length; tap++)
            {
                (Vector256<ushort> low, Vector256<ushort> high) = Vector256.Widen(Vector256.Create(rows.Slice(tap * stride + at, Vector256<byte>.Count)));
                Vector256<int> weight = Vector256.Create(weights[tap]);
                a += Vector256.WidenLower(low).AsInt32() * weight;
                b += Vector256.WidenUpper(low).AsInt32() * weight;
                c += Vector256.WidenLower(high).AsInt32() * weight;
                d += Vector256.WidenUpper(high).AsInt32() * weight;
            }
            Vector256.Narrow(Vector256.Narrow(Channel(a), Channel(b)), Vector256.Narrow(Channel(c), Channel(d))).CopyTo(result[at..]);
        }
    }

    private static Vector256<uint> Channel(Vector256<int> sum) =>
        Vector256.Min(Vector256.Max(sum >> FilterWeights.FractionalBits, Vector256<int>.Zero), Vector256.Create(255)).AsUInt32();
}
