using System.Buffers;
using System.Runtime.InteropServices;
using FineTune.Native;
using SkiaSharp;

namespace FineTune.Images;

/// <summary>
/// Files to pixels, the same way in training and in prediction: decode, turn upright (EXIF), resize so that the shorter side fits,
/// and cut out the centre. This is the one place that knows an image library: Skia decodes. The resize is that of Pillow and
/// torchvision, with a filter that widens as images shrink.
/// </summary>
internal static class ImageDecoder
{
    private const int BytesPerPixel = 4;

    static ImageDecoder() => NativeDirectories.Use();

    /// <summary>Decodes an image. Of an animation, this is the first frame.</summary>
    /// <param name="encoded">A JPEG, PNG, WebP, BMP or GIF file's bytes.</param>
    /// <param name="size">The wanted size.</param>
    /// <param name="pixels">Gets <see cref="ImageSize.Bytes"/> bytes: RGB, rows first, each in [0, 255].</param>
    /// <param name="limits">What the image may be at most; <see cref="ImageLimits.Default"/> if null.</param>
    /// <param name="resize">
    /// How the image is resized before its centre is cut out; if null, bilinearly and so that it just covers the wanted size.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The bytes are not an image, only a part of one, or an image beyond a limit; or there is not enough memory to decode it.
    /// </exception>
    public static unsafe void Decode(
        ReadOnlySpan<byte> encoded, ImageSize size, Span<byte> pixels, ImageLimits? limits = null, ImageResize? resize = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, size.Bytes);
        fixed (byte* start = encoded)
        {
            using SKData data = SKData.Create((nint)start, encoded.Length);
            using SKCodec codec = Open(data, limits);
            Orientation orientation = Orientation.Of(codec.EncodedOrigin);
            ImageSize target = orientation.Turn(size);
            Decode(
                codec, orientation, resize?.Cover(target) ?? target,
                stored => CentreWindow.Of(stored, target, resize, orientation.FlipY, orientation.FlipX), pixels);
        }
    }

    /// <summary>Decodes a whole image. Of an animation, this is the first frame.</summary>
    /// <param name="encoded">A JPEG, PNG, WebP, BMP or GIF file's bytes.</param>
    /// <param name="longest">The longer side that it gets if its own is longer.</param>
    /// <param name="limits">What the image may be at most.</param>
    /// <inheritdoc cref="Decode(ReadOnlySpan{byte}, ImageSize, Span{byte}, ImageLimits?, ImageResize?)" path="/exception"/>
    public static unsafe WholePhoto DecodeWhole(ReadOnlySpan<byte> encoded, int longest, ImageLimits limits)
    {
        fixed (byte* start = encoded)
        {
            using SKData data = SKData.Create((nint)start, encoded.Length);
            using SKCodec codec = Open(data, limits);
            Orientation orientation = Orientation.Of(codec.EncodedOrigin);
            ImageSize upright = orientation.Turn(new ImageSize(codec.Info.Height, codec.Info.Width)), size = WholePhoto.Fit(upright, longest);
            ImageSize target = orientation.Turn(size);
            byte[] pixels = new byte[size.Bytes];
            Decode(codec, orientation, target, stored => Whole(stored, target), pixels);
            return new WholePhoto(upright, size, pixels);
        }
    }

    /// <summary>Reads the size of an image from its header, as it is stored: before it is turned upright.</summary>
    /// <param name="encoded">A JPEG, PNG, WebP, BMP or GIF file's bytes.</param>
    /// <exception cref="InvalidDataException">The bytes are not an image.</exception>
    public static unsafe ImageSize ReadSize(ReadOnlySpan<byte> encoded)
    {
        fixed (byte* start = encoded)
        {
            using SKData data = SKData.Create((nint)start, encoded.Length);
            using SKCodec codec = SKCodec.Create(data) ?? throw new InvalidDataException("The bytes are not an image that can be read.");
            return new ImageSize(codec.Info.Height, codec.Info.Width);
        }
    }

    /// <summary>Reads EXIF's orientation of an image from its header, from 1 to 8: 1 if it is stored upright (EXIF 2.3, 4.6.4).</summary>
    /// <param name="encoded">A JPEG, PNG, WebP, BMP or GIF file's bytes.</param>
    /// <exception cref="InvalidDataException">The bytes are not an image.</exception>
    public static unsafe int ReadOrientation(ReadOnlySpan<byte> encoded)
    {
        fixed (byte* start = encoded)
        {
            using SKData data = SKData.Create((nint)start, encoded.Length);
            using SKCodec codec = SKCodec.Create(data) ?? throw new InvalidDataException("The bytes are not an image that can be read.");
            return (int)codec.EncodedOrigin;
        }
    }

    /// <summary>Resizes an image that is decoded already, as <see cref="Decode(ReadOnlySpan{byte}, ImageSize, Span{byte}, ImageLimits?, ImageResize?)"/> does.</summary>
    /// <param name="image">RGB pixels, rows first.</param>
    /// <param name="stored">The image's size.</param>
    /// <param name="size">The wanted size.</param>
    /// <param name="pixels">Gets <see cref="ImageSize.Bytes"/> bytes: RGB, rows first, each in [0, 255].</param>
    /// <param name="limits">What the image may be at most.</param>
    /// <param name="resize">How the image is resized before its centre is cut out; if null, bilinearly and so that it just covers the wanted size.</param>
    /// <exception cref="ArgumentException">The image does not have that size.</exception>
    /// <exception cref="InvalidDataException">The image is beyond a limit.</exception>
    public static void Resize(
        ReadOnlySpan<byte> image, ImageSize stored, ImageSize size, Span<byte> pixels, ImageLimits limits, ImageResize? resize)
    {
        limits.Check(stored.Width, stored.Height);
        long bytes = 3L * stored.Height * stored.Width;
        if (image.Length != bytes)
        {
            throw new ArgumentException(FormattableString.Invariant($"{stored.Height} rows of {stored.Width} RGB pixels are {bytes} bytes, not {image.Length}."), nameof(image));
        }
        (FilterWeights rows, FilterWeights columns) = CentreWindow.Of(stored, size, resize, flipsRows: false, flipsColumns: false);
        Resize(image, stored, rows, columns, pixels);
    }

    /// <summary>Shrinks a whole image that is decoded already, and upright.</summary>
    /// <param name="image">RGB pixels, rows first.</param>
    /// <param name="stored">The image's size.</param>
    /// <param name="longest">The longer side that it gets if its own is longer.</param>
    public static WholePhoto Shrink(ReadOnlySpan<byte> image, ImageSize stored, int longest)
    {
        ImageSize size = WholePhoto.Fit(stored, longest);
        if (size == stored) return new WholePhoto(stored, size, image.ToArray());
        byte[] pixels = new byte[size.Bytes];
        (FilterWeights rows, FilterWeights columns) = Whole(stored, size);
        Resize(image, stored, rows, columns, pixels);
        return new WholePhoto(stored, size, pixels);
    }

    private static void Resize(ReadOnlySpan<byte> image, ImageSize stored, FilterWeights rows, FilterWeights columns, Span<byte> pixels)
    {
        uint[] decoded = ArrayPool<uint>.Shared.Rent(stored.Height * stored.Width);
        try
        {
            Span<uint> rgba = decoded.AsSpan(0, stored.Height * stored.Width);
            for (int i = 0; i < rgba.Length; i++) rgba[i] = image[3 * i] | ((uint)image[3 * i + 1] << 8) | ((uint)image[3 * i + 2] << 16) | 0xFF000000;
            Resample(MemoryMarshal.AsBytes(rgba), stored.Width, rows, columns, new Orientation(false, false, false), pixels);
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(decoded);
        }
    }

    private static SKCodec Open(SKData data, ImageLimits? limits)
    {
        SKCodec codec = SKCodec.Create(data) ?? throw new InvalidDataException("The bytes are not an image that can be read.");
        try
        {
            if (!IsAccepted(codec.EncodedFormat)) throw new InvalidDataException($"The image is in the format {codec.EncodedFormat}, which is not read.");
            (limits ?? ImageLimits.Default).Check(codec.Info.Width, codec.Info.Height);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private static (FilterWeights Rows, FilterWeights Columns) Whole(ImageSize stored, ImageSize target) => (
        new FilterWeights(stored.Height, target.Height, 0, target.Height, ResizeFilter.Bilinear),
        new FilterWeights(stored.Width, target.Width, 0, target.Width, ResizeFilter.Bilinear));

    /// <summary>Whether a format is one of those that are documented: Skia reads more, which nobody has tested here.</summary>
    private static bool IsAccepted(SKEncodedImageFormat format) => format is SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png
        or SKEncodedImageFormat.Webp or SKEncodedImageFormat.Bmp or SKEncodedImageFormat.Gif;

    /// <summary>Decodes an image, resizes it and turns it upright.</summary>
    /// <param name="codec">The image.</param>
    /// <param name="orientation">How to turn it.</param>
    /// <param name="cover">The size that the resized image must cover, as the image is stored.</param>
    /// <param name="window">The rows and columns that are wanted of an image that was decoded at some size.</param>
    /// <param name="pixels">Gets RGB pixels.</param>
    private static unsafe void Decode(
        SKCodec codec, Orientation orientation, ImageSize cover, Func<ImageSize, (FilterWeights Rows, FilterWeights Columns)> window, Span<byte> pixels)
    {
        SKImageInfo info = Near(codec, cover);
        int bytes = checked(info.Width * info.Height * BytesPerPixel);
        void* decoded = null;
        try
        {
            // Not an array: so much would stay with the garbage collector. Zeros, so that nothing of another image is left in the buffer.
            decoded = NativeMemory.AllocZeroed((nuint)bytes);
            Decode(codec, info, decoded);
            var stored = new ImageSize(info.Height, info.Width);
            (FilterWeights rows, FilterWeights columns) = window(stored);
            Resample(new ReadOnlySpan<byte>(decoded, bytes), stored.Width, rows, columns, orientation, pixels);
        }
        catch (OutOfMemoryException e)
        {
            throw new InvalidDataException(
                FormattableString.Invariant($"There is not enough memory for the image's {info.Width:N0} × {info.Height:N0} pixels."), e);
        }
        finally
        {
            NativeMemory.Free(decoded);
        }
    }

    /// <summary>
    /// The smallest size that the format offers and that is at least twice the target: JPEG scales by eighths in the DCT domain, which costs a
    /// fraction of a full decode. Closer to the target, features of photos would differ from those of a full decode (cosine 0.996 for MobileNet).
    /// </summary>
    /// <param name="codec">The image.</param>
    /// <param name="target">The size that the resized image must cover.</param>
    private static SKImageInfo Near(SKCodec codec, ImageSize target)
    {
        SKImageInfo full = codec.Info;
        (int height, int width) = (2 * target.Height, 2 * target.Width);
        float wanted = Math.Max((float)width / full.Width, (float)height / full.Height);
        SKSizeI near = wanted >= 1 ? full.Size : codec.GetScaledDimensions(wanted);
        for (int eighths = 1; (near.Width < width || near.Height < height) && near != full.Size; eighths++)
        {
            near = codec.GetScaledDimensions(Math.Min(1, wanted + eighths / 8f));
        }
        // Colours stay as they are under transparency; premultiplied, they would turn black.
        return new SKImageInfo(near.Width, near.Height, SKColorType.Rgba8888, full.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
    }

    private static unsafe void Decode(SKCodec codec, SKImageInfo info, void* decoded)
    {
        SKCodecResult result = codec.GetPixels(info, (nint)decoded);
        if (result == SKCodecResult.Success) return;
        throw new InvalidDataException(result == SKCodecResult.IncompleteInput
            ? "The image ends before its last pixel."
            : $"The image cannot be decoded ({result}).");
    }

    /// <summary>Resizes the centre of an image and turns it upright.</summary>
    private static void Resample(
        ReadOnlySpan<byte> image, int width, FilterWeights rows, FilterWeights columns, Orientation orientation, Span<byte> pixels)
    {
        int stride = CropResampler.Stride(columns.Count);
        byte[] centre = ArrayPool<byte>.Shared.Rent(rows.Count * stride);
        try
        {
            CropResampler.Resample(image, width, rows, columns, centre);
            Take(centre, stride / BytesPerPixel, new ImageSize(rows.Count, columns.Count), orientation, pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(centre);
        }
    }

    /// <summary>
    /// Turns an image upright and leaves out its fourth channel. A plain loop: with tensors, each of the two would be a separate
    /// pass, and libtorch would split these microsecond copies across threads and slow down the other decoders.
    /// </summary>
    /// <param name="image">The pixels, four bytes each.</param>
    /// <param name="stride">The pixels from one row to the next.</param>
    /// <param name="size">The size of the image, as it is stored.</param>
    /// <param name="orientation">How to turn it.</param>
    /// <param name="pixels">Gets RGB pixels.</param>
    private static void Take(ReadOnlySpan<byte> image, int stride, ImageSize size, Orientation orientation, Span<byte> pixels)
    {
        ReadOnlySpan<uint> source = MemoryMarshal.Cast<byte, uint>(image);
        int top = orientation.FlipY ? size.Height - 1 : 0;
        int left = orientation.FlipX ? size.Width - 1 : 0;
        int down = orientation.FlipY ? -stride : stride;
        int across = orientation.FlipX ? -1 : 1;
        (int height, int width) = (size.Height, size.Width);
        if (orientation.SwapsAxes) (down, across, height, width) = (across, down, width, height);
        int to = 0;
        for (int y = 0; y < height; y++)
        {
            int from = top * stride + left + y * down;
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
        /// <summary>A size as it is stored from the upright one, and the other way round.</summary>
        public ImageSize Turn(ImageSize size) => SwapsAxes ? new ImageSize(size.Width, size.Height) : size;

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
