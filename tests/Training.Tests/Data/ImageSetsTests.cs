using ModelSpec.Diagnostics;

namespace Training.Tests.Data;

public class ImageSetsTests
{
    [Fact]
    public void An_unreadable_image_is_named_and_skipped()
    {
        using var project = new TinyProject(images: 55);
        project.Write("pictures/Red-Sky/broken.png", "no image");
        var log = new RecordingLog();

        project.Train(project.Read(), log);

        Diagnostic diagnostic = Assert.Single(log.Diagnostics);
        Assert.Equal("MSPEC1002", diagnostic.Descriptor.Code);
        Assert.False(diagnostic.IsError);
        Assert.Contains(Path.Combine("Red-Sky", "broken.png"), diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_beyond_the_limits_is_named_and_skipped()
    {
        using var project = new TinyProject(images: 55);
        // 30,000 × 30,000 pixels: a bitmap's header and no more.
        byte[] file = [.. "BM"u8, 54, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0];
        byte[] size = [40, 0, 0, 0, 0x30, 0x75, 0, 0, 0x30, 0x75, 0, 0, 1, 0, 24, 0];
        project.Write("pictures/Red-Sky/huge.bmp", [.. file, .. size, .. new byte[24]]);
        var log = new RecordingLog();

        project.Train(project.Read(), log);

        Diagnostic diagnostic = Assert.Single(log.Diagnostics);
        Assert.Equal("MSPEC1002", diagnostic.Descriptor.Code);
        Assert.Contains("huge.bmp", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("MaxPixels", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_one_percent_of_unreadable_images_is_an_error()
    {
        using var project = new TinyProject(images: 30);
        project.Write("pictures/Red-Sky/broken.png", "no image");

        Diagnostic diagnostic = project.TrainAndFail(project.Read());

        Assert.Equal("MSPEC1003", diagnostic.Descriptor.Code);
        Assert.Contains("1 of 61 images", diagnostic.Message, StringComparison.Ordinal);
    }
}
