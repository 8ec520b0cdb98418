using System.Runtime.InteropServices;
using SkiaSharp;

namespace FineTune.Images;

/// <summary>
/// Files to pixels, the same way in training and in prediction: decode, turn upright (EXIF), resize so that the shorter side fits,
/// and cut out the centre. This is the one place that knows an image library.
/// </summary>
public static class ImageDecoder
{
    /// <summary>Decodes an image.</summary>
    /// <param name="encoded">A JPEG, PNG, WebP, BMP or GIF file's bytes.</param>
    /// <param name="size">The wanted size.</param>
    /// <param name="pixels">Gets <see cref="ImageSize.Bytes"/> bytes: RGB, rows first, each in [0, 255].</param>
    /// <exception cref="InvalidDataException">The bytes are no image, or only a part of one.</exception>
    public static unsafe void Decode(ReadOnlySpan<byte> encoded, ImageSize size, Span<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, size.Bytes);
        fixed (byte* start = encoded)
        {
            using SKData data = SKData.Create((nint)start, encoded.Length);
            using SKCodec codec = SKCodec.Create(data) ?? throw new InvalidDataException("The bytes are no image that can be read.");
            Decode(codec, size, pixels);
        }
    }

    private static void Decode(SKCodec codec, ImageSize size, Span<byte> pixels)
    {
        Orientation orientation = Orientation.Of(codec.EncodedOrigin);
        ImageSize target = orientation.SwapsAxes ? new ImageSize(size.Width, size.Height) : size;
        using SKBitmap decoded = DecodeNear(codec, target);

        float scale = Math.Max((float)target.Width / decoded.Width, (float)target.Height / decoded.Height);
        int width = Math.Max(target.Width, (int)MathF.Round(decoded.Width * scale));
        int height = Math.Max(target.Height, (int)MathF.Round(decoded.Height * scale));
        if (width == decoded.Width && height == decoded.Height)
        {
            Crop(decoded, target, orientation, pixels);
            return;
        }

        // Between one and two pixels of the source for each of the result, plain bilinear interpolation sees them all.
        var sampling = scale >= 0.5f
            ? new SKSamplingOptions(SKFilterMode.Linear)
            : new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear);
        using var resized = new SKBitmap(decoded.Info.WithSize(width, height));
        if (!decoded.ScalePixels(resized, sampling)) throw new InvalidDataException("The image cannot be resized.");
        Crop(resized, target, orientation, pixels);
    }

    /// <summary>
    /// Decodes at the smallest size that the format offers and that is not below the target: JPEG scales by eighths in the DCT
    /// domain, which costs a fraction of a full decode.
    /// </summary>
    private static SKBitmap DecodeNear(SKCodec codec, ImageSize target)
    {
        SKImageInfo full = codec.Info;
        if (full.Width <= 0 || full.Height <= 0) throw new InvalidDataException("The image has no pixels.");
        float wanted = Math.Max((float)target.Width / full.Width, (float)target.Height / full.Height);
        SKSizeI near = wanted >= 1 ? full.Size : codec.GetScaledDimensions(wanted);
        for (int eighths = 1; (near.Width < target.Width || near.Height < target.Height) && near != full.Size; eighths++)
        {
            near = codec.GetScaledDimensions(Math.Min(1, wanted + eighths / 8f));
        }

        var bitmap = new SKBitmap(new SKImageInfo(near.Width, near.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        SKCodecResult result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result == SKCodecResult.Success) return bitmap;
        bitmap.Dispose();
        throw new InvalidDataException(result == SKCodecResult.IncompleteInput
            ? "The image ends before its last pixel."
            : $"The image cannot be decoded ({result}).");
    }

    private static void Crop(SKBitmap bitmap, ImageSize target, Orientation orientation, Span<byte> pixels)
    {
        int left = (bitmap.Width - target.Width) / 2;
        int top = (bitmap.Height - target.Height) / 2;
        ReadOnlySpan<uint> source = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        int stride = bitmap.RowBytes / sizeof(uint);
        int outputWidth = orientation.SwapsAxes ? target.Height : target.Width;
        for (int y = 0; y < target.Height; y++)
        {
            ReadOnlySpan<uint> row = source.Slice((top + y) * stride + left, target.Width);
            for (int x = 0; x < row.Length; x++)
            {
                (int outX, int outY) = orientation.Map(x, y, target);
                int at = (outY * outputWidth + outX) * 3;
                uint pixel = row[x];
                pixels[at] = (byte)pixel;
                pixels[at + 1] = (byte)(pixel >> 8);
                pixels[at + 2] = (byte)(pixel >> 16);
            }
        }
    }

    /// <summary>How the stored pixels must be turned to be upright: mirrored along either axis, then along the diagonal.</summary>
    private readonly record struct Orientation(bool FlipX, bool FlipY, bool SwapsAxes)
    {
        /// <summary>The eight values of EXIF's orientation tag (EXIF 2.3, 4.6.4).</summary>
        public static Orientation Of(SKEncodedOrigin origin) => origin switch
        {
            SKEncodedOrigin.TopRight => new(true, false, false),
            SKEncodedOrigin.BottomRight => new(true, true, false),
            SKEncodedOrigin.BottomLeft => new(false, true, false),
            SKEncodedOrigin.LeftTop => new(false, false, true),
            SKEncodedOrigin.RightTop => new(false, true, true),
            SKEncodedOrigin.RightBottom => new(true, true, true),
            SKEncodedOrigin.LeftBottom => new(true, false, true),
            _ => new(false, false, false),
        };

        public (int X, int Y) Map(int x, int y, ImageSize stored)
        {
            int flippedX = FlipX ? stored.Width - 1 - x : x;
            int flippedY = FlipY ? stored.Height - 1 - y : y;
            return SwapsAxes ? (flippedY, flippedX) : (flippedX, flippedY);
        }
    }
}
