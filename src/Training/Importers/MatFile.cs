using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FineTune.Training.Importers;

/// <summary>
/// Reads the real numeric arrays of a MATLAB 5 file (<c>save -v6</c> and <c>-v7</c>): "MAT-File Format", The MathWorks. Other variables, such as
/// texts, cells and structures, are skipped.
/// </summary>
internal static class MatFile
{
    /// <summary>The largest file, and the largest size of a decompressed variable, in bytes.</summary>
    public const int Largest = 16 << 20;

    private const int HeaderLength = 128, VersionAt = 124, OrderAt = 126;
    private const int Version5 = 0x0100;

    /// <summary>The types of data elements.</summary>
    private const int Int8 = 1, UInt8 = 2, Int16 = 3, UInt16 = 4, Int32 = 5, UInt32 = 6, Single = 7, Double = 9, Int64 = 12, UInt64 = 13, Matrix = 14, Compressed = 15;

    /// <summary>The classes of arrays that hold numbers: from double to uint64.</summary>
    private const int FirstNumericClass = 6, LastNumericClass = 15;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The numbers of each array by its name, column by column.</returns>
    /// <exception cref="InvalidDataException">It is not a MATLAB 5 file, is damaged, or is too large.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IReadOnlyDictionary<string, double[]> Read(string path)
    {
        if (new FileInfo(path).Length > Largest) throw new InvalidDataException($"It has more than {Largest >> 20} MB.");
        return Read(File.ReadAllBytes(path));
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <exception cref="InvalidDataException">They are not a MATLAB 5 file, or are damaged.</exception>
    public static IReadOnlyDictionary<string, double[]> Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderLength) throw new InvalidDataException("It is not a MATLAB 5 file: it is too short.");
        bool isBigEndian = file[OrderAt] == 'M' && file[OrderAt + 1] == 'I';
        if (!isBigEndian && (file[OrderAt] != 'I' || file[OrderAt + 1] != 'M')) throw new InvalidDataException("It is not a MATLAB 5 file.");
        ReadOnlySpan<byte> version = file[VersionAt..OrderAt];
        if ((isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(version) : BinaryPrimitives.ReadUInt16LittleEndian(version)) != Version5)
        {
            throw new InvalidDataException("It is a MATLAB file of another version; save it with -v7.");
        }
        Dictionary<string, double[]> arrays = new(StringComparer.Ordinal);
        ReadOnlySpan<byte> rest = file[HeaderLength..];
        while (rest.Length > 0) Add(Next(ref rest, isBigEndian), isBigEndian, arrays);
        return arrays;
    }

    private static void Add(Element element, bool isBigEndian, Dictionary<string, double[]> arrays)
    {
        if (element.Type == Compressed)
        {
            ReadOnlySpan<byte> inner = Decompress(element.Data);
            element = Next(ref inner, isBigEndian);
        }
        if (element.Type != Matrix) return;
        ReadOnlySpan<byte> parts = element.Data;
        Element flags = Next(ref parts, isBigEndian);
        if (flags.Type != UInt32 || flags.Data.Length < sizeof(uint)) throw Damaged();
        int kind = (int)(Number(flags.Data, UInt32, isBigEndian) % 256);
        if (kind is < FirstNumericClass or > LastNumericClass) return;
        _ = Next(ref parts, isBigEndian);
        string name = Encoding.ASCII.GetString(Next(ref parts, isBigEndian).Data);
        Element values = Next(ref parts, isBigEndian);
        int size = SizeOf(values.Type);
        if (values.Data.Length % size != 0) throw Damaged();
        double[] numbers = new double[values.Data.Length / size];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = Number(values.Data[(i * size)..], values.Type, isBigEndian);
        arrays[name] = numbers;
    }

    /// <summary>Reads the element at the beginning of some bytes, and moves on to the next one.</summary>
    private static Element Next(scoped ref ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        const int half = 4, tag = 8;
        if (bytes.Length < tag) throw Damaged();
        uint first = (uint)Number(bytes, UInt32, isBigEndian);
        if (first >> 16 != 0)
        {
            // A small element: its length, its type and up to four bytes of data share the tag.
            int few = (int)(first >> 16);
            if (few > half) throw Damaged();
            var small = new Element((int)(first & 0xffff), bytes.Slice(half, few));
            bytes = bytes[tag..];
            return small;
        }
        uint length = (uint)Number(bytes[half..], UInt32, isBigEndian);
        if (length > bytes.Length - tag) throw Damaged();
        var element = new Element((int)first, bytes.Slice(tag, (int)length));
        // Elements begin at multiples of eight bytes, except after compressed ones.
        long padded = first == Compressed ? length : (length + 7L) / 8 * 8;
        bytes = bytes[(int)Math.Min(bytes.Length, tag + padded)..];
        return element;
    }

    private static byte[] Decompress(ReadOnlySpan<byte> data)
    {
        using var zlib = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
        using var whole = new MemoryStream();
        byte[] block = new byte[1 << 16];
        try
        {
            int read;
            while ((read = zlib.Read(block)) > 0)
            {
                whole.Write(block, 0, read);
                if (whole.Length > Largest) throw new InvalidDataException($"A variable of it has more than {Largest >> 20} MB.");
            }
        }
        catch (IOException)
        {
            // The bytes are in memory: only zlib itself fails.
            throw Damaged();
        }
        return whole.ToArray();
    }

    private static int SizeOf(int type) => type switch
    {
        Int8 or UInt8 => 1,
        Int16 or UInt16 => 2,
        Int32 or UInt32 or Single => 4,
        Double or Int64 or UInt64 => 8,
        _ => throw Damaged(),
    };

    private static double Number(ReadOnlySpan<byte> bytes, int type, bool isBigEndian) => (type, isBigEndian) switch
    {
        (Int8, _) => (sbyte)bytes[0],
        (UInt8, _) => bytes[0],
        (Int16, false) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (Int16, true) => BinaryPrimitives.ReadInt16BigEndian(bytes),
        (UInt16, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (UInt16, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        (Int32, false) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (Int32, true) => BinaryPrimitives.ReadInt32BigEndian(bytes),
        (UInt32, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (UInt32, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        (Single, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (Single, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
        (Double, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        (Double, true) => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        (Int64, false) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        (Int64, true) => BinaryPrimitives.ReadInt64BigEndian(bytes),
        (UInt64, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        (UInt64, true) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        _ => throw Damaged(),
    };

    private static InvalidDataException Damaged() => new("It is damaged.");

    /// <summary>A data element: its type and its bytes.</summary>
    private readonly ref struct Element(int type, ReadOnlySpan<byte> data)
    {
        public int Type { get; } = type;

        public ReadOnlySpan<byte> Data { get; } = data;
    }
}
