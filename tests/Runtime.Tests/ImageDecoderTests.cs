using FineTune.Images;
using SkiaSharp;

namespace Runtime.Tests;

public class ImageDecoderTests
{
    private static readonly byte[] Red = [255, 0, 0], Green = [0, 255, 0], Blue = [0, 0, 255], White = [255, 255, 255];

    // The size of the source and of the result: larger, smaller, equal, and other aspects.
    [Theory]
    [InlineData(700, 500, 224, 224)]
    [InlineData(500, 700, 224, 224)]
    [InlineData(224, 224, 224, 224)]
    [InlineData(40, 30, 64, 64)]
    [InlineData(640, 480, 96, 160)]
    [InlineData(1500, 1000, 64, 64)]
    public void An_image_is_resized_by_its_shorter_side_and_cut_from_the_centre(int width, int height, int outHeight, int outWidth)
    {
        foreach (SKEncodedImageFormat format in (SKEncodedImageFormat[])[SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg])
        {
            byte[] pixels = Decode(Pictures.Quarters(width, height, format), new ImageSize(outHeight, outWidth));

            AssertQuarters(pixels, new ImageSize(outHeight, outWidth), Red, Green, Blue, White);
        }
    }

    // EXIF's orientations and the quarters of the upright image.
    [Theory]
    [InlineData(1, "RGBW")]
    [InlineData(2, "GRWB")]
    [InlineData(3, "WBGR")]
    [InlineData(4, "BWRG")]
    [InlineData(5, "RBGW")]
    [InlineData(6, "BRWG")]
    [InlineData(7, "WGBR")]
    [InlineData(8, "GWRB")]
    public void An_image_is_turned_upright_as_EXIF_says(byte orientation, string quarters)
    {
        byte[] jpeg = Pictures.WithOrientation(Pictures.Quarters(160, 120, SKEncodedImageFormat.Jpeg), orientation);
        var size = new ImageSize(64, 48);

        byte[] pixels = Decode(jpeg, size);

        byte[][] colors = [.. quarters.Select(static c => c switch { 'R' => Red, 'G' => Green, 'B' => Blue, _ => White })];
        AssertQuarters(pixels, size, colors[0], colors[1], colors[2], colors[3]);
    }

    [Fact]
    public void A_fine_pattern_becomes_its_mean_and_no_moire()
    {
        using var bitmap = new SKBitmap(1024, 1024);
        for (int y = 0; y < 1024; y++)
        {
            for (int x = 0; x < 1024; x++) bitmap.SetPixel(x, y, (x + y) % 2 == 0 ? SKColors.White : SKColors.Black);
        }
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);

        byte[] pixels = Decode(png.ToArray(), new ImageSize(100, 100));

        Assert.All(pixels, static p => Assert.InRange(p, 118, 138));
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    public void A_truncated_image_is_an_error(SKEncodedImageFormat format)
    {
        byte[] whole = Pictures.Quarters(300, 300, format);

        Assert.Throws<InvalidDataException>(() => Decode(whole[..(whole.Length / 2)], new ImageSize(64, 64)));
    }

    [Fact]
    public void Bytes_that_are_no_image_are_an_error()
    {
        Assert.Throws<InvalidDataException>(() => Decode([1, 2, 3, 4, 5, 6, 7, 8], new ImageSize(64, 64)));
        Assert.Throws<InvalidDataException>(() => Decode([], new ImageSize(64, 64)));
    }

    private static byte[] Decode(byte[] encoded, ImageSize size)
    {
        byte[] pixels = new byte[size.Bytes];
        ImageDecoder.Decode(encoded, size, pixels);
        return pixels;
    }

    private static void AssertQuarters(byte[] pixels, ImageSize size, params byte[][] colors)
    {
        (int Row, int Column)[] centres =
        [
            (size.Height / 4, size.Width / 4), (size.Height / 4, 3 * size.Width / 4),
            (3 * size.Height / 4, size.Width / 4), (3 * size.Height / 4, 3 * size.Width / 4),
        ];
        for (int i = 0; i < 4; i++)
        {
            int at = (centres[i].Row * size.Width + centres[i].Column) * 3;
            for (int c = 0; c < 3; c++) Assert.InRange(pixels[at + c], colors[i][c] - 6, colors[i][c] + 6);
        }
    }
}
