using FineTune.Images;
using FineTune.Training;
using FineTune.Training.Inspection;
using SkiaSharp;

namespace Training.Tests.Inspection;

/// <summary>Pictures of soft, coloured spots, which differ from seed to seed.</summary>
internal static class Scenes
{
    private const int Spots = 6;

    /// <summary>Draws a picture.</summary>
    public static SKBitmap Draw(int seed, int width = 96, int height = 96)
    {
        var random = new SeededRandom(seed);
        using var spots = new SKBitmap(Spots, Spots);
        for (int y = 0; y < Spots; y++)
        {
            for (int x = 0; x < Spots; x++) spots.SetPixel(x, y, new SKColor((byte)random.Below(256), (byte)random.Below(256), (byte)random.Below(256)));
        }
        return Resize(spots, width, height);
    }

    public static SKBitmap Resize(SKBitmap picture, int width, int height) =>
        picture.Resize(new SKImageInfo(width, height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));

    public static byte[] Png(SKBitmap picture) => Encode(picture, SKEncodedImageFormat.Png, 100);

    public static byte[] Jpeg(SKBitmap picture, int quality) => Encode(picture, SKEncodedImageFormat.Jpeg, quality);

    public static byte[] Png(int seed)
    {
        using SKBitmap picture = Draw(seed);
        return Png(picture);
    }

    /// <summary>A print of a picture as a network with an input of 64 × 64 gets to see it.</summary>
    public static ImagePrint Print(byte[] encoded)
    {
        var size = new ImageSize(64, 64);
        byte[] pixels = new byte[size.Bytes];
        ImageDecoder.Decode(encoded, size, pixels);
        return ImagePrint.Of(pixels, size);
    }

    private static byte[] Encode(SKBitmap picture, SKEncodedImageFormat format, int quality)
    {
        using SKData data = picture.Encode(format, quality);
        return data.ToArray();
    }
}
