using Blossoms;
using SkiaSharp;

namespace Browser.Tests;

/// <summary>Blossoms in other sizes and files than those that the quick start draws.</summary>
internal static class BlossomPictures
{
    /// <summary>Draws a blossom and stretches it.</summary>
    public static SKBitmap Draw(BlossomKind kind, int width, int height)
    {
        using SKBitmap drawn = SKBitmap.Decode(BlossomPainter.Draw(kind, seed: 10_002));
        return drawn.Resize(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), new SKSamplingOptions(SKFilterMode.Linear));
    }

    /// <summary>Decodes a picture and turns it.</summary>
    /// <param name="encoded">The picture's file.</param>
    /// <param name="swapsSides">Whether rows become columns.</param>
    /// <param name="stored">Where a pixel of the turned picture is in the file: of x, y, and the width and height of the file's picture.</param>
    public static SKBitmap Turn(byte[] encoded, bool swapsSides, Func<int, int, int, int, (int X, int Y)> stored)
    {
        using SKBitmap file = SKBitmap.Decode(encoded);
        (int width, int height) = swapsSides ? (file.Height, file.Width) : (file.Width, file.Height);
        var turned = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int fromX, int fromY) = stored(x, y, file.Width, file.Height);
                turned.SetPixel(x, y, file.GetPixel(fromX, fromY));
            }
        }
        return turned;
    }

    /// <summary>Encodes a picture, with its colour profile if it has one.</summary>
    public static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using SKData data = bitmap.Encode(format, 95);
        return data.ToArray();
    }
}
