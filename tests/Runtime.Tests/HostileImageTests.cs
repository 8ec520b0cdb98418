using System.Buffers.Binary;
using FineTune.Images;

namespace Runtime.Tests;

public class HostileImageTests
{
    private static readonly ImageSize Size = new(24, 20);

    // Small, so that no image of a test takes much memory.
    private static readonly ImageLimits Small = new() { MaxPixels = 1_000_000 };

    [Theory]
    [InlineData(30_000, 30_000)]
    [InlineData(65_536, 16_385)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(1, int.MaxValue)]
    [InlineData(120_000_001, 1)]
    public void A_header_beyond_the_limit_of_pixels_is_refused(int width, int height)
    {
        string message = Refuse(Pictures.Png(width, height, [0]), ImageLimits.Default with { MaxAspectRatio = int.MaxValue });

        // Skia itself refuses the largest.
        if (width < 1_000_000 && height < 1_000_000) Assert.Contains("MaxPixels", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_of_any_aspect_ratio_takes_no_more_memory_than_its_pixels_if_the_limit_allows_it()
    {
        byte[] strip = Pictures.BlackPng(1, 60_000);
        byte[] pixels = new byte[224 * 224 * 3];
        pixels.AsSpan().Fill(1);

        // The whole resized image would have 12 GB.
        ImageDecoder.Decode(strip, new ImageSize(224, 224), pixels, ImageLimits.Default with { MaxAspectRatio = 60_000 });

        Assert.All(pixels, static p => Assert.Equal(0, p));
        Assert.Contains("MaxAspectRatio", Refuse(strip, ImageLimits.Default), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 1, 100, 100, true)]
    [InlineData(101, 1, 101, 100, false)]
    [InlineData(3, 301, 1000, 100, false)]
    [InlineData(30, 30, 900, 1, true)]
    [InlineData(30, 30, 899, 1, false)]
    public void What_a_limit_names_is_still_allowed(int width, int height, int pixels, int aspectRatio, bool isAllowed)
    {
        byte[] image = Pictures.BlackPng(width, height);
        var limits = new ImageLimits { MaxPixels = pixels, MaxAspectRatio = aspectRatio };

        if (isAllowed) ImageDecoder.Decode(image, Size, new byte[Size.Bytes], limits);
        else Refuse(image, limits);
    }

    [Fact]
    public void Limits_that_nothing_can_keep_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageLimits.Default with { MaxPixels = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageLimits.Default with { MaxPixels = int.MaxValue });
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageLimits.Default with { MaxAspectRatio = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageLimits.Default with { MaxBytes = 0 });
    }

    [Fact]
    public void A_format_that_is_not_documented_is_refused()
    {
        // A wireless bitmap: two zeros, width, height, and a bit for each pixel.
        byte[] wbmp = [0, 0, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8];

        Refuse(wbmp, ImageLimits.Default);
    }

    [Fact]
    public void The_classifier_takes_limits()
    {
        using var classifier = new TinyClassifier();
        byte[] image = Pictures.BlackPng(20, 20);
        classifier.Predict(image);

        classifier.ImageLimits = ImageLimits.Default with { MaxPixels = 399 };

        Assert.Throws<InvalidDataException>(() => classifier.Predict(image));
        Assert.Throws<ArgumentNullException>(() => classifier.ImageLimits = null!);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(70_000)]
    [InlineData(1_000_000)]
    public async Task A_stream_is_read_up_to_the_limit_and_no_further(int maxBytes)
    {
        using var classifier = new TinyClassifier();
        classifier.ImageLimits = ImageLimits.Default with { MaxBytes = maxBytes + 1 };
        using var first = new EndlessStream();
        using var second = new EndlessStream();

        var error = Assert.Throws<InvalidDataException>(() => classifier.Predict(first));
        var asyncError = await Assert.ThrowsAsync<InvalidDataException>(() => classifier.PredictAsync(second));

        Assert.Contains("MaxBytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(error.Message, asyncError.Message);
        Assert.Equal(maxBytes + 2, first.BytesRead);
        Assert.Equal(maxBytes + 2, second.BytesRead);
    }

    [Fact]
    public async Task A_file_or_seekable_stream_that_is_too_long_is_refused_unread()
    {
        using var classifier = new TinyClassifier();
        using var folder = new TemporaryFolder();
        byte[] image = Pictures.BlackPng(20, 20);
        string path = folder.Write("black.png", image);
        classifier.ImageLimits = ImageLimits.Default with { MaxBytes = image.Length };
        Assert.Equal(classifier.Predict(image).Ranking, classifier.Predict(path).Ranking);
        Assert.Equal(classifier.Predict(image).Ranking, classifier.Predict(new MemoryStream(image)).Ranking);
        Assert.Equal(classifier.Predict(image).Ranking, (await classifier.PredictAsync(path)).Ranking);

        classifier.ImageLimits = ImageLimits.Default with { MaxBytes = image.Length - 1 };

        using var stream = new MemoryStream(image);
        Assert.Throws<InvalidDataException>(() => classifier.Predict(stream));
        Assert.Equal(0, stream.Position);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => classifier.Predict(path)).Message, StringComparison.Ordinal);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => classifier.Predict([path])).Message, StringComparison.Ordinal);
        var asyncError = await Assert.ThrowsAsync<InvalidDataException>(() => classifier.PredictAsync(path));
        Assert.Contains(path, asyncError.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_images_give_pixels_or_InvalidDataException_and_nothing_else()
    {
        var random = new Random(1);
        foreach (string file in ImageFixtures.Expected.Select(static image => image.File).Distinct())
        {
            byte[] whole = ImageFixtures.Read(file);
            for (int i = 0; i < 150; i++)
            {
                byte[] damaged = whole[..(i % 3 == 0 ? random.Next(whole.Length) : whole.Length)];
                int flips = i % 3 == 0 ? 0 : random.Next(1, 5);
                // Headers are a small part of a file, and have most to go wrong.
                int end = i % 2 == 0 ? Math.Min(64, damaged.Length) : damaged.Length;
                for (int flip = 0; flip < flips; flip++) damaged[random.Next(end)] ^= (byte)random.Next(1, 256);
                DecodeOrRefuse(damaged, $"{file}, number {i}");
            }
        }
    }

    [Fact]
    public void Headers_with_any_size_give_pixels_or_InvalidDataException_and_nothing_else()
    {
        var random = new Random(2);
        byte[] bmp = ImageFixtures.Read("rgb.bmp");
        byte[] gif = ImageFixtures.Read("animated.gif");
        byte[] jpeg = ImageFixtures.Read("rgb.jpg");
        byte[] webp = ImageFixtures.Read("lossy.webp");
        int frame = jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        for (int i = 0; i < 400; i++)
        {
            (int width, int height) = (AnyLength(random), AnyLength(random));
            DecodeOrRefuse(Pictures.Png(width, height, [0x78, 0xDA, 0x03, 0, 0, 0, 0, 1]), $"PNG, {width} × {height}");
            BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), width);
            BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), height);
            DecodeOrRefuse(bmp, $"BMP, {width} × {height}");
            BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(6), (ushort)width);
            BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(8), (ushort)height);
            DecodeOrRefuse(gif, $"GIF, {(ushort)width} × {(ushort)height}");
            BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), (ushort)height);
            BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), (ushort)width);
            DecodeOrRefuse(jpeg, $"JPEG, {(ushort)width} × {(ushort)height}");
            // RIFF header, "VP8 " and length, frame tag, start code, then the size.
            BinaryPrimitives.WriteUInt16LittleEndian(webp.AsSpan(26), (ushort)width);
            BinaryPrimitives.WriteUInt16LittleEndian(webp.AsSpan(28), (ushort)height);
            DecodeOrRefuse(webp, $"WebP, {(ushort)width} × {(ushort)height}");
        }
    }

    /// <summary>Of each magnitude as often as of another, also negative and zero.</summary>
    private static int AnyLength(Random random) => random.Next(20) switch
    {
        0 => 0,
        1 => int.MinValue,
        2 => int.MaxValue,
        3 => -random.Next(1000),
        _ => (int)Math.Pow(2, 31 * random.NextDouble()),
    };

    private static void DecodeOrRefuse(byte[] image, string name)
    {
        foreach (ImageLimits limits in (ImageLimits[])[Small, Small with { MaxAspectRatio = int.MaxValue }])
        {
            try
            {
                ImageDecoder.Decode(image, Size, new byte[Size.Bytes], limits);
            }
            catch (InvalidDataException e)
            {
                Assert.NotEmpty(e.Message);
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}: {e}");
            }
        }
    }

    private static string Refuse(byte[] image, ImageLimits limits) =>
        Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(image, Size, new byte[Size.Bytes], limits)).Message;

    /// <summary>Never ends, and counts what is read from it.</summary>
    private sealed class EndlessStream : Stream
    {
        public long BytesRead { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            BytesRead += count;
            return count;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
