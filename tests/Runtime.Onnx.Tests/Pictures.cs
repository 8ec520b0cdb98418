using SkiaSharp;

namespace Runtime.Onnx.Tests;

/// <summary>Encoded images of known content.</summary>
internal static class Pictures
{
    public static byte[] Plain(SKColor color)
    {
        using var bitmap = new SKBitmap(12, 10);
        bitmap.Erase(color);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
