using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Commands;
using FineTune.Training.Data;
using FineTune.Training.Processors;
using ModelSpec.Diagnostics;
using SkiaSharp;

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

    [Fact]
    public async Task Waiting_for_an_image_can_be_cancelled()
    {
        using var gate = new ManualResetEventSlim();
        using var decoding = new ImageDecoding([new LabeledImage("a.png", "a.png", 0)], TinyProject.Size, null, _ =>
        {
            gate.Wait();
            throw new InvalidOperationException("It is not asked for any more.");
        });
        using var cancellation = new CancellationTokenSource();
        Task waiting = Task.Run(() => decoding.WaitFor(1, cancellation.Token), CancellationToken.None);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.Set();
    }

    [Fact]
    public void Augment_decodes_the_images_that_it_shows_and_no_others()
    {
        using var project = new TinyProject(images: 30);
        SpecSource spec = project.Read(("[backbone]", "[data.augment]\nrotation = 20\n\n[backbone]"));
        using var client = new HttpClient();
        var assets = new AssetFolders([], project.Cache);
        IReadOnlyList<LabeledImage> train = new DatasetLoader(assets, new Downloader(assets, new RecordingLog(), client), new RecordingLog()).Load(spec, TestContext.Current.CancellationToken).Train;
        long[] shown = AugmentationSheet.Choose(train.Count);
        for (int i = 0; i < train.Count; i++)
        {
            if (!shown.Contains(i)) File.WriteAllText(train[i].Path, "not an image");
        }

        int code = new AugmentCommand().Parse(
            [project["tiny.modelspec"], "--backbone", project["tiny.backbone"], "--cache", project.Cache, "--out", project["sheet.png"]]).Invoke();

        Assert.Equal(0, code);
        using SKBitmap sheet = SKBitmap.Decode(project["sheet.png"]);
        Assert.Equal((8 * 16, 8 * 16), (sheet.Width, sheet.Height));
    }
}
