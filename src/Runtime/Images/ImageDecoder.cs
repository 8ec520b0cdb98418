using System.Buffers;
using System.Runtime.InteropServices;
using FineTune.Native;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Images;

/// <summary>
/// Files to pixels, the same way in training and in prediction: decode, turn upright (EXIF), resize so that the shorter side fits,
/// and cut out the centre. This is the one place that knows an image library: Skia decodes, and libtorch resizes, with the bilinear
/// filter that widens as images shrink, as Pillow and torchvision do.
/// </summary>
public static class ImageDecoder
{
    private const int BytesPerPixel = 4;

    static ImageDecoder() => NativeLibraries.Load();

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
        SKImageInfo info = Near(codec, target);
        byte[] decoded = ArrayPool<byte>.Shared.Rent(info.BytesSize);
        try
        {
            Decode(codec, info, decoded);
            var decodedSize = new ImageSize(info.Height, info.Width);
            ImageSize fitting = Fitting(decodedSize, target);
            if (fitting == decodedSize)
            {
                Take(decoded, decodedSize, target, orientation, pixels);
                return;
            }
            using DisposeScope scope = NewDisposeScope();
            using IDisposable inference = inference_mode();
            Tensor image = frombuffer(decoded, ScalarType.Byte, info.BytesSize).view(1, info.Height, info.Width, BytesPerPixel).permute(0, 3, 1, 2);
            Tensor resized = nn.functional.interpolate(
                image, [fitting.Height, fitting.Width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
            Take(resized.permute(0, 2, 3, 1).contiguous().bytes, fitting, target, orientation, pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(decoded);
        }
    }

    /// <summary>
    /// The smallest size that the format offers and that is not below the target: JPEG scales by eighths in the DCT domain, which
    /// costs a fraction of a full decode.
    /// </summary>
    private static SKImageInfo Near(SKCodec codec, ImageSize target)
    {
        SKImageInfo full = codec.Info;
        if (full.Width <= 0 || full.Height <= 0) throw new InvalidDataException("The image has no pixels.");
        float wanted = Math.Max((float)target.Width / full.Width, (float)target.Height / full.Height);
        SKSizeI near = wanted >= 1 ? full.Size : codec.GetScaledDimensions(wanted);
        for (int eighths = 1; (near.Width < target.Width || near.Height < target.Height) && near != full.Size; eighths++)
        {
            near = codec.GetScaledDimensions(Math.Min(1, wanted + eighths / 8f));
        }
        // Colours stay as they are under transparency; premultiplied, they would turn black.
        return new SKImageInfo(near.Width, near.Height, SKColorType.Rgba8888, full.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
    }

    private static unsafe void Decode(SKCodec codec, SKImageInfo info, byte[] decoded)
    {
        fixed (byte* start = decoded)
        {
            SKCodecResult result = codec.GetPixels(info, (nint)start);
            if (result == SKCodecResult.Success) return;
            throw new InvalidDataException(result == SKCodecResult.IncompleteInput
                ? "The image ends before its last pixel."
                : $"The image cannot be decoded ({result}).");
        }
    }

    /// <summary>The size that an image is resized to, so that its shorter side fits.</summary>
    private static ImageSize Fitting(ImageSize image, ImageSize target)
    {
        double scale = Math.Max((double)target.Width / image.Width, (double)target.Height / image.Height);
        return new ImageSize(
            Math.Max(target.Height, (int)Math.Round(image.Height * scale)), Math.Max(target.Width, (int)Math.Round(image.Width * scale)));
    }

    /// <summary>
    /// Takes the centre of an image, upright and without its fourth channel. A loop of our own: tensors would take a pass for each of
    /// the three, and share passes of microseconds among threads, which keeps those from their work that decode other images.
    /// </summary>
    /// <param name="image">The pixels, four bytes each.</param>
    /// <param name="size">The size of the image.</param>
    /// <param name="crop">The size of its centre, as it is stored.</param>
    /// <param name="orientation">How to turn it.</param>
    /// <param name="pixels">Gets RGB pixels.</param>
    private static void Take(ReadOnlySpan<byte> image, ImageSize size, ImageSize crop, Orientation orientation, Span<byte> pixels)
    {
        ReadOnlySpan<uint> source = MemoryMarshal.Cast<byte, uint>(image);
        int top = (size.Height - crop.Height) / 2 + (orientation.FlipY ? crop.Height - 1 : 0);
        int left = (size.Width - crop.Width) / 2 + (orientation.FlipX ? crop.Width - 1 : 0);
        int down = orientation.FlipY ? -size.Width : size.Width;
        int across = orientation.FlipX ? -1 : 1;
        (int height, int width) = (crop.Height, crop.Width);
        if (orientation.SwapsAxes) (down, across, height, width) = (across, down, width, height);
        int to = 0;
        for (int y = 0; y < height; y++)
        {
            int from = top * size.Width + left + y * down;
            for (int x = 0; x < width; x++, from += across, to += 3)
            {
                uint rgba = source[from];
                pixels[to + 2] = (byte)(rgba >> 16);
                pixels[to + 1] = (byte)(rgba >> 8);
                pixels[to] = (byte)rgba;
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
    }
}
