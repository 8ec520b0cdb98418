using System.Text.Json;

namespace Runtime.Tests;

/// <summary>The images that <c>Fixtures/make_fixtures.py</c> wrote, with the pixels that Pillow reads from them.</summary>
internal static class ImageFixtures
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>What is expected of each image, at one size or several.</summary>
    public static ExpectedImage[] Expected { get; } = JsonSerializer.Deserialize<ExpectedImage[]>(Read("expected.json"), Options)!;

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", name));

    /// <param name="File">The image's file.</param>
    /// <param name="Width">The wanted width.</param>
    /// <param name="Height">The wanted height.</param>
    /// <param name="Pixels">RGB, rows first; null if the image is damaged.</param>
    /// <param name="Resize">The shorter side before the centre is cut out; null if that is the wanted size's.</param>
    /// <param name="Bicubic">Whether it is resized bicubically.</param>
    public sealed record ExpectedImage(string File, int Width, int Height, byte[]? Pixels, int? Resize = null, bool Bicubic = false);
}
