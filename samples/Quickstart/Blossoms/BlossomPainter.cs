using SkiaSharp;

namespace Blossoms;

/// <summary>Draws blossoms with varied pose, colour, light and noise. The same seed draws the same picture.</summary>
public static class BlossomPainter
{
    /// <summary>The side of a picture in pixels.</summary>
    public const int Size = 96;

    /// <summary>Draws one blossom.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="seed">What its pose, colours and noise are drawn from.</param>
    /// <returns>A PNG file's bytes.</returns>
    public static byte[] Draw(BlossomKind kind, int seed)
    {
        var random = new Random(HashCode(kind, seed));
        using var bitmap = new SKBitmap(Size, Size);
        using (var canvas = new SKCanvas(bitmap))
        {
            Background(canvas, random);
            canvas.Translate(Size / 2f + Between(random, -9, 9), Size / 2f + Between(random, -9, 9));
            bool fromAbove = kind is BlossomKind.Daisy or BlossomKind.Buttercup or BlossomKind.Lily;
            canvas.RotateDegrees(fromAbove ? Between(random, 0, 360) : Between(random, -35, 35));
            float scale = Between(random, 0.75f, 1.15f);
            canvas.Scale(scale * Between(random, 0.85f, 1.15f), scale);
            Paint(canvas, kind, random);
        }
        Noise(bitmap, random);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static void Paint(SKCanvas canvas, BlossomKind kind, Random random)
    {
        float hue = Between(random, 0, 360);
        using var petal = new SKPaint { IsAntialias = true, Color = SKColor.FromHsv(hue, Between(random, 35, 90), Between(random, 70, 100)) };
        using var shade = new SKPaint { IsAntialias = true, Color = SKColor.FromHsv(hue, 90, 60) };
        using var centre = new SKPaint { IsAntialias = true, Color = SKColor.FromHsv(Between(random, 30, 60), 90, Between(random, 60, 95)) };
        switch (kind)
        {
            case BlossomKind.Daisy:
                Petals(canvas, random.Next(12, 18), petal, shade, static path => path.AddOval(new SKRect(-3.5f, -36, 3.5f, -8)));
                canvas.DrawCircle(0, 0, 11, centre);
                break;
            case BlossomKind.Buttercup:
                Petals(canvas, 5, petal, shade, static path => path.AddOval(new SKRect(-13, -34, 13, -4)));
                canvas.DrawCircle(0, 0, 6, centre);
                break;
            case BlossomKind.Lily:
                Petals(canvas, 6, petal, shade, static path =>
                {
                    path.MoveTo(0, 0);
                    path.QuadTo(-14, -20, 0, -40);
                    path.QuadTo(14, -20, 0, 0);
                });
                canvas.DrawCircle(0, 0, 4, centre);
                break;
            case BlossomKind.Tulip:
                Stem(canvas, 0, 10, 44);
                Fill(canvas, petal, static path =>
                {
                    path.MoveTo(-20, -26);
                    path.QuadTo(-28, 14, 0, 16);
                    path.QuadTo(28, 14, 20, -26);
                    path.LineTo(10, -10);
                    path.LineTo(0, -28);
                    path.LineTo(-10, -10);
                    path.Close();
                });
                break;
            default:
                Stem(canvas, 0, -44, -20);
                Fill(canvas, petal, static path =>
                {
                    path.MoveTo(0, -26);
                    path.CubicTo(-18, -24, -12, 8, -24, 20);
                    path.QuadTo(-18, 28, -12, 20);
                    path.QuadTo(-6, 28, 0, 20);
                    path.QuadTo(6, 28, 12, 20);
                    path.QuadTo(18, 28, 24, 20);
                    path.CubicTo(12, 8, 18, -24, 0, -26);
                    path.Close();
                });
                canvas.DrawCircle(0, 25, 4, centre);
                break;
        }
    }

    private static void Petals(SKCanvas canvas, int count, SKPaint petal, SKPaint shade, Action<SKPathBuilder> shape)
    {
        using var builder = new SKPathBuilder();
        shape(builder);
        using SKPath path = builder.Detach();
        for (int i = 0; i < count; i++)
        {
            canvas.DrawPath(path, i % 2 == 0 ? petal : shade);
            canvas.RotateDegrees(360f / count);
        }
    }

    private static void Fill(SKCanvas canvas, SKPaint paint, Action<SKPathBuilder> shape)
    {
        using var builder = new SKPathBuilder();
        shape(builder);
        using SKPath path = builder.Detach();
        canvas.DrawPath(path, paint);
    }

    private static void Stem(SKCanvas canvas, float x, float top, float bottom)
    {
        using var paint = new SKPaint { IsAntialias = true, StrokeWidth = 4, Color = new SKColor(60, 120, 50) };
        canvas.DrawLine(x, top, x, bottom, paint);
    }

    private static void Background(SKCanvas canvas, Random random)
    {
        SKColor first = SKColor.FromHsv(Between(random, 70, 200), Between(random, 15, 60), Between(random, 25, 80));
        SKColor second = SKColor.FromHsv(Between(random, 70, 200), Between(random, 15, 60), Between(random, 25, 80));
        using SKShader shader = SKShader.CreateLinearGradient(
            new SKPoint(0, 0), new SKPoint(Between(random, 0, Size), Size), [first, second], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        canvas.DrawRect(0, 0, Size, Size, paint);
        for (int i = 0; i < 6; i++)
        {
            using var blade = new SKPaint { IsAntialias = true, StrokeWidth = Between(random, 1, 4), Color = new SKColor(50, (byte)random.Next(80, 140), 40, 160) };
            float x = Between(random, 0, Size);
            canvas.DrawLine(x, Size, x + Between(random, -20, 20), Between(random, 20, 80), blade);
        }
    }

    private static void Noise(SKBitmap bitmap, Random random)
    {
        Span<byte> bytes = bitmap.GetPixelSpan();
        for (int i = 0; i < bytes.Length; i++)
        {
            if (i % 4 == 3) continue;
            bytes[i] = (byte)Math.Clamp(bytes[i] + random.Next(-14, 15), 0, 255);
        }
    }

    private static float Between(Random random, float low, float high) => low + (high - low) * random.NextSingle();

    private static int HashCode(BlossomKind kind, int seed) => unchecked((int)((uint)(seed * 5 + (int)kind) * 2_654_435_761u));
}
