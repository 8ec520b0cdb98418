using FineTune.Images;
using FineTune.Pipeline;

namespace FineTune.Training.Exporters.Report;

/// <summary>Small pictures for a page.</summary>
/// <param name="height">Rows of the images.</param>
/// <param name="width">Columns of the images.</param>
internal sealed class Thumbnails(int height, int width)
{
    private const int Longest = 160, Quality = 80;

    private readonly ImageSize _stored = new(height, width);

    /// <summary>The size of each picture: that of the images, but at most 160 pixels on a side.</summary>
    public ImageSize Size { get; } = Math.Max(height, width) <= Longest
        ? new ImageSize(height, width)
        : new ImageSize(Math.Max(1, height * Longest / Math.Max(height, width)), Math.Max(1, width * Longest / Math.Max(height, width)));

    /// <summary>A picture as an element of a page, with its data in it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="text">What is said of it to those who cannot see it.</param>
    public Markup Draw(PreparedImage image, string text)
    {
        return Element(image, Pixels(image), text);
    }

    /// <summary>A picture with heat drawn over it, as an element of a page.</summary>
    /// <param name="image">The image.</param>
    /// <param name="heat">The heat.</param>
    /// <param name="text">What is said of it to those who cannot see it.</param>
    public Markup DrawHeat(PreparedImage image, ImageHeat heat, string text)
    {
        // In steps of 1/255, so that last bits of the computation seldom change a pixel of the page.
        float[] values = [.. heat.Values.ToArray().Select(static value => MathF.Round(255 * value) / 255)];
        return Element(image, HeatOverlay.Draw(Pixels(image), Size, new HeatMap(heat.Width, heat.Height, values, PhotoRegion.Whole)), text);
    }

    private byte[] Pixels(PreparedImage image)
    {
        byte[] pixels = new byte[Size.Bytes];
        ImageDecoder.Resize(image.Pixels.Span, _stored, Size, pixels, ImageLimits.Default, resize: null);
        return pixels;
    }

    private Markup Element(PreparedImage image, byte[] pixels, string text)
    {
        string data = Convert.ToBase64String(ImageEncoder.EncodeJpeg(Size, pixels, Quality));
        return Markup.Of($"<img src=\"data:image/jpeg;base64,{new Markup(data)}\" width=\"{Size.Width}\" height=\"{Size.Height}\" alt=\"{text}\" title=\"{image.Name}\">");
    }
}
