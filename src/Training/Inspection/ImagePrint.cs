using System.Numerics;
using FineTune.Images;

namespace FineTune.Training.Inspection;

/// <summary>
/// What an image looks like at small size: enough to recognise a copy of it that was stored again, made smaller, or cut a little. It is computed in
/// whole numbers, so it is the same on every machine for the same pixels.
/// </summary>
/// <param name="Hash">
/// The difference hash (N. Krawetz, "Kind of Like That", 2013): a bit for each pair of neighbours in a row of the image at 9 × 8 grey pixels, set
/// if the left one is lighter. Here it must be lighter by more than <see cref="Margin"/>, so that noise in plain areas sets no bits.
/// </param>
/// <param name="Pixels">The image at <see cref="Side"/> × <see cref="Side"/> pixels: red, green and blue of each, row by row.</param>
internal sealed record ImagePrint(ulong Hash, byte[] Pixels)
{
    /// <summary>Rows and columns of <see cref="Pixels"/>.</summary>
    public const int Side = 16;

    /// <summary>The length of <see cref="Pixels"/>.</summary>
    public const int Bytes = Side * Side * 3;

    private const int HashRows = 8, HashColumns = 9;

    /// <summary>Levels of grey, of 255.</summary>
    private const int Margin = 2;

    /// <summary>The standard deviation of grey, of 255, up to which an image has nothing to be recognised by.</summary>
    private const int Plain = 4;

    /// <summary>The most bits in which the hashes of an image and of its copy differ.</summary>
    public const int LargestHashDistance = 10;

    /// <summary>The least correlation between the pixels of an image and those of its copy.</summary>
    public const double LeastCorrelation = 0.97;

    /// <summary>Whether the image is so plain that others look like it by chance.</summary>
    public bool IsPlain { get; } = IsPlainAt(Pixels);

    /// <summary>Makes the print of an image.</summary>
    /// <param name="pixels">RGB, rows first.</param>
    /// <param name="size">The size of the image.</param>
    public static ImagePrint Of(ReadOnlySpan<byte> pixels, ImageSize size)
    {
        ulong hash = 0;
        Span<long> left = stackalloc long[3], right = stackalloc long[3];
        for (int y = 0; y < HashRows; y++)
        {
            long area = Sum(pixels, size, y, HashRows, 0, HashColumns, left);
            for (int x = 1; x < HashColumns; x++)
            {
                long nextArea = Sum(pixels, size, y, HashRows, x, HashColumns, right);
                // Averages are compared without a division: both sides are multiplied by both areas.
                bool isLighter = Grey(left) * nextArea > (Grey(right) + Margin * 1000 * nextArea) * area;
                hash = (hash << 1) | (isLighter ? 1UL : 0);
                right.CopyTo(left);
                area = nextArea;
            }
        }

        byte[] small = new byte[Bytes];
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                long area = Sum(pixels, size, y, Side, x, Side, left);
                for (int c = 0; c < 3; c++) small[3 * (y * Side + x) + c] = (byte)((left[c] + area / 2) / area);
            }
        }
        return new ImagePrint(hash, small);
    }

    /// <summary>The number of bits in which the hashes differ.</summary>
    public int HashDistance(ImagePrint other) => BitOperations.PopCount(Hash ^ other.Hash);

    /// <summary>
    /// Pearson's correlation of the pixels, in [-1, 1]: 1 if one image is a lighter or more contrasted version of the other, and NaN if one of
    /// them has a single colour.
    /// </summary>
    public double Correlation(ImagePrint other)
    {
        long sum = 0, otherSum = 0, squares = 0, otherSquares = 0, products = 0;
        for (int i = 0; i < Bytes; i++)
        {
            int a = Pixels[i], b = other.Pixels[i];
            sum += a;
            otherSum += b;
            squares += a * a;
            otherSquares += b * b;
            products += a * b;
        }
        double variances = (double)(Bytes * squares - sum * sum) * (Bytes * otherSquares - otherSum * otherSum);
        return (Bytes * products - sum * otherSum) / Math.Sqrt(variances);
    }

    /// <summary>Whether both are prints of one picture: the hashes are near, and the pixels are correlated. Plain images are like nothing.</summary>
    public bool IsNear(ImagePrint other) =>
        HashDistance(other) <= LargestHashDistance && !IsPlain && !other.IsPlain && Correlation(other) >= LeastCorrelation;

    /// <summary>Adds up the channels of the cell of a grid that is laid over the image.</summary>
    /// <returns>The number of pixels in the cell; at least 1.</returns>
    private static long Sum(ReadOnlySpan<byte> pixels, ImageSize size, int row, int rows, int column, int columns, Span<long> sums)
    {
        sums.Clear();
        (int top, int bottom) = Range(row, rows, size.Height);
        (int left, int right) = Range(column, columns, size.Width);
        for (int y = top; y < bottom; y++)
        {
            ReadOnlySpan<byte> line = pixels[(3 * (y * size.Width + left))..(3 * (y * size.Width + right))];
            int red = 0, green = 0, blue = 0;
            for (int i = 0; i < line.Length; i += 3)
            {
                red += line[i];
                green += line[i + 1];
                blue += line[i + 2];
            }
            sums[0] += red;
            sums[1] += green;
            sums[2] += blue;
        }
        return (long)(bottom - top) * (right - left);
    }

    /// <summary>The pixels of a cell along one axis; cells of an image with fewer pixels than cells share them.</summary>
    private static (int Start, int End) Range(int cell, int cells, int length)
    {
        int start = (int)((long)cell * length / cells);
        return (start, Math.Max(start + 1, (int)((long)(cell + 1) * length / cells)));
    }

    /// <summary>A thousand times the luma of ITU-R BT.601.</summary>
    private static long Grey(ReadOnlySpan<long> rgb) => 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2];

    private static bool IsPlainAt(byte[] pixels)
    {
        const int count = Side * Side;
        long sum = 0, squares = 0;
        for (int i = 0; i < pixels.Length; i += 3)
        {
            long grey = 299 * pixels[i] + 587 * pixels[i + 1] + 114 * pixels[i + 2];
            sum += grey;
            squares += grey * grey;
        }
        return squares * count - sum * sum <= count * count * (long)(Plain * 1000) * (Plain * 1000);
    }
}
