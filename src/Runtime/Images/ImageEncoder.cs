using System.Runtime.InteropServices;
using SkiaSharp;

namespace FineTune.Images;

/// <summary>Pixels to files.</summary>
internal static class ImageEncoder
{
    /// <summary>Writes a PNG file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">The image's size.</param>
    /// <param name="pixels">RGB pixels, rows first; <see cref="ImageSize.Bytes"/> bytes.</param>
    public static void WritePng(string path, ImageSize size, ReadOnlySpan<byte> pixels)
    {
        using SKBitmap bitmap = BitmapOf(size, pixels);
        using FileStream file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }

    /// <summary>Encodes a PNG file.</summary>
    /// <param name="size">The image's size.</param>
    /// <param name="pixels">RGB pixels, rows first; <see cref="ImageSize.Bytes"/> bytes.</param>
    public static byte[] EncodePng(ImageSize size, ReadOnlySpan<byte> pixels)
    {
        using SKBitmap bitmap = BitmapOf(size, pixels);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Encodes a JPEG file.</summary>
    /// <param name="size">The image's size.</param>
    /// <param name="pixels">RGB pixels, rows first; <see cref="ImageSize.Bytes"/> bytes.</param>
    /// <param name="quality">From 0 to 100.</param>
    public static byte[] EncodeJpeg(ImageSize size, ReadOnlySpan<byte> pixels, int quality)
    {
        using SKBitmap bitmap = BitmapOf(size, pixels);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        return data.ToArray();
    }

    private static SKBitmap BitmapOf(ImageSize size, ReadOnlySpan<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, size.Bytes);
        var bitmap = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<uint> target = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = 0xFF000000u | ((uint)pixels[3 * i + 2] << 16) | ((uint)pixels[3 * i + 1] << 8) | pixels[3 * i];
        }
        return bitmap;
    }
}
