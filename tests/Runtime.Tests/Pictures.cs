using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace Runtime.Tests;

/// <summary>Encoded images of known content.</summary>
internal static class Pictures
{
    public static byte[] Plain(SKColor color, int width = 12, int height = 10, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(color);
        using SKData data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    /// <summary>Four quarters: red, green, blue, white, row by row.</summary>
    public static byte[] Quarters(int width, int height, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, (x < width / 2, y < height / 2) switch
                {
                    (true, true) => SKColors.Red,
                    (false, true) => SKColors.Lime,
                    (true, false) => SKColors.Blue,
                    _ => SKColors.White,
                });
            }
        }
        using SKData data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    /// <summary>A black PNG with one bit per pixel.</summary>
    public static byte[] BlackPng(int width, int height)
    {
        using var rows = new MemoryStream();
        using (var zlib = new ZLibStream(rows, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] row = new byte[1 + (width + 7) / 8];
            for (int y = 0; y < height; y++) zlib.Write(row);
        }
        return Png(width, height, rows.ToArray());
    }

    /// <summary>A PNG with one bit per pixel.</summary>
    /// <param name="width">The width in the header.</param>
    /// <param name="height">The height in the header.</param>
    /// <param name="compressed">The compressed rows, which may be fewer.</param>
    public static byte[] Png(int width, int height, byte[] compressed)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 1;
        return [0x89, .. "PNG\r\n\u001A\n"u8, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, compressed), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        kind.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    /// <summary>The checksum of PNG's chunks (PNG specification, annex D).</summary>
    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
        }
        return ~crc;
    }

    /// <summary>Puts an EXIF segment with the given orientation after a JPEG's first marker.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, (byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0,
            (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8,
            0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0,
            0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }
}
