using System.IO.Compression;
using FineTune.Images;
using FineTune.Training;
using FineTune.Training.Commands;
using FineTune.Training.Data;
using ModelSpec.Networks;
using SkiaSharp;

namespace Training.Tests.Data;

/// <summary>Weight sets that were trained on the middle of images: whatever decodes an image for them sees no more.</summary>
public class ImagePreparationTests
{
    /// <summary>A weight set of the tiny backbone, whose input is 16 × 16.</summary>
    private const string Set = """

        [[weights]]
        name = "middle"
        file = "tiny.pth"
        url = "https://example.com/tiny.pth"
        preprocess = "unit"
        resize = 22
        interpolation = "bicubic"
        """;

    [Fact]
    public void With_the_ImageNet_weights_of_ResNet_50_training_and_prediction_see_the_middle_224_pixels_of_256()
    {
        using var folder = new TemporaryFolder();
        byte[] png = Noise(300, 256);
        string path = folder.Write("noise.png", png);
        byte[] whole = new byte[256 * 300 * 3];
        ImageDecoder.Decode(png, new ImageSize(256, 300), whole);
        byte[] middle = [.. Enumerable.Range(16, 224).SelectMany(y => whole.AsSpan((y * 300 + 38) * 3, 224 * 3).ToArray())];

        using ResNet50Classifier generated = ResNet50Classifier.CreateUntrained();
        byte[] trained = Pixels(Reference.Spec("resnet50.modelspec"), path, folder["scratch"]);

        Assert.Equal(middle, ((IPixelClassifier<ResNet50Label>)generated).Decode(png, null));
        Assert.Equal(middle, trained);
    }

    // An image that is resized: shrunk, enlarged, upright and lying.
    [Theory]
    [InlineData(700, 500)]
    [InlineData(333, 501)]
    [InlineData(60, 40)]
    public void The_generated_class_and_the_trainer_decode_the_same_pixels_and_expect_the_same_weights(int width, int height)
    {
        using var folder = new TemporaryFolder();
        byte[] png = Noise(width, height);
        SpecSource spec = Reference.Spec("resnet50.modelspec");
        using ResNet50Classifier generated = ResNet50Classifier.CreateUntrained();

        Assert.Equal(((IPixelClassifier<ResNet50Label>)generated).Decode(png, null), Pixels(spec, folder.Write("noise.png", png), folder["scratch"]));
        Assert.Equal(generated.Meaning!.Digest, WeightsMeanings.Of(spec.Network).Digest);
        Assert.Equal("shorter side 256, bilinear", generated.Meaning.ToMetadata()["finetune.resize"]);
    }

    [Fact]
    public void Embedding_does_not_see_the_border_that_is_cut_off()
    {
        using var project = new TinyProject();
        project.Write("tiny.backbone", TinyProject.Backbone + Set);
        Directory.CreateDirectory(Path.Combine(project.Cache, "weights"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "zip.pth"), Path.Combine(project.Cache, "weights", "tiny.pth"));
        project.Read(("\"none\"", "\"middle\""));

        byte[] plain = Embed(border: SKColors.Red), framed = Embed(border: SKColors.Lime);
        project.Write("tiny.backbone", (TinyProject.Backbone + Set).Replace("resize = 22", "resize = 16", StringComparison.Ordinal));
        byte[] seen = Embed(border: SKColors.Lime);

        Assert.Equal(plain, framed);
        Assert.NotEqual(framed, seen);

        byte[] Embed(SKColor border)
        {
            using var bitmap = new SKBitmap(44, 44);
            bitmap.Erase(border);
            bitmap.Erase(SKColors.Red, new SKRectI(3, 3, 41, 41));
            using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            project.Write("picture.png", png.ToArray());
            int code = new EmbedCommand().Parse(
            [
                project["tiny.modelspec"], project["picture.png"], "--pretrained", "--backbone", project["tiny.backbone"], "--cache", project.Cache,
                "--npz", project["features.npz"], "--device", "cpu",
            ]).Invoke();
            Assert.Equal(0, code);
            using ZipArchive archive = ZipFile.OpenRead(project["features.npz"]);
            using Stream features = archive.GetEntry("features.npy")!.Open();
            using var copy = new MemoryStream();
            features.CopyTo(copy);
            return copy.ToArray();
        }
    }

    [Fact]
    public void Another_way_of_resizing_is_another_training()
    {
        using var project = new TinyProject();
        Directory.CreateDirectory(Path.Combine(project.Cache, "weights"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "zip.pth"), Path.Combine(project.Cache, "weights", "tiny.pth"));

        string[] fingerprints = [.. ((string[])["", "resize = 22", "resize = 22\ninterpolation = \"bicubic\"", "resize = 20"]).Select(lines =>
        {
            project.Write("tiny.backbone", TinyProject.Backbone + Set.Replace("resize = 22\ninterpolation = \"bicubic\"", lines, StringComparison.Ordinal));
            return project.LastStage(project.Read(("\"none\"", "\"middle\"")));
        })];

        Assert.Equal(4, fingerprints.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Inspecting_says_how_images_are_resized()
    {
        Network network = Reference.Spec("resnet50.modelspec").Network;

        Assert.Equal("ResNet50Classifier: resnet50, images resized to 256 (bilinear), cropped to the central 224 × 224", LayerTable.Title(network));
        Assert.Equal("Vgg16Classifier: vgg16", LayerTable.Title(Reference.Spec("vgg16.modelspec").Network));
        Assert.Contains("\"resize\": 256,", LayerTable.Json(Reference.Spec("resnet50.modelspec").Plan), StringComparison.Ordinal);
    }

    /// <summary>The pixels that a training has of an image.</summary>
    private static byte[] Pixels(SpecSource spec, string path, string scratch)
    {
        using var images = new ImageSets(
            spec, new DatasetSplit("", [new LabeledImage(path, "noise.png", 0)], [], []), new TensorStore(1 << 20, scratch));
        Assert.Single(images.Train.Readable(TestContext.Current.CancellationToken));
        return images.Train.Pixels.bytes.ToArray();
    }

    private static byte[] Noise(int width, int height)
    {
        var random = new SeededRandom(1);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> pixels = bitmap.GetPixelSpan();
        for (int i = 0; i < pixels.Length; i++) pixels[i] = i % 4 == 3 ? (byte)255 : (byte)random.Below(256);
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
