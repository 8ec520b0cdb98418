using FineTune;
using FineTune.Images;

namespace Runtime.Tests;

public class ImageFixtureTests
{
    public static TheoryData<string, int, int> Readable => Select(static image => image.Pixels is not null && image.Resize is null);

    public static TheoryData<string, int, int, int, bool> Centres
    {
        get
        {
            TheoryData<string, int, int, int, bool> data = [];
            foreach (ImageFixtures.ExpectedImage image in ImageFixtures.Expected)
            {
                if (image.Resize is { } resize) data.Add(image.File, image.Width, image.Height, resize, image.Bicubic);
            }
            return data;
        }
    }

    public static TheoryData<string, int, int> Damaged => Select(static image => image.Pixels is null);

    [Theory]
    [MemberData(nameof(Readable))]
    public void An_image_has_the_pixels_that_Pillow_reads(string file, int width, int height)
    {
        byte[] expected = Find(file, width, height).Pixels!;
        byte[] pixels = new byte[expected.Length];

        ImageDecoder.Decode(ImageFixtures.Read(file), new ImageSize(height, width), pixels);

        int largest = expected.Zip(pixels, static (a, b) => Math.Abs(a - b)).Max();
        Assert.True(largest <= Tolerance(file), $"{file} differs by {largest}.");
    }

    [Theory]
    [MemberData(nameof(Centres))]
    public void The_centre_of_a_resized_image_has_the_pixels_of_torchvision(string file, int width, int height, int resize, bool bicubic)
    {
        byte[] expected = Find(file, width, height, resize, bicubic).Pixels!;
        byte[] pixels = new byte[expected.Length];

        ImageDecoder.Decode(ImageFixtures.Read(file), new ImageSize(height, width), pixels, resize: new ImageResize(resize, bicubic));

        Assert.Equal(expected, pixels);
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_truncated_file_is_refused(string file, int width, int height)
    {
        byte[] pixels = new byte[3 * width * height];

        Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(ImageFixtures.Read(file), new ImageSize(height, width), pixels));
    }

    [Fact]
    public void The_bytes_tell_the_format_and_not_the_name()
    {
        using var classifier = new TinyClassifier();
        string folder = Path.Combine(AppContext.BaseDirectory, "Fixtures");

        Prediction<TinyLabel> right = classifier.Predict(Path.Combine(folder, "rgb.png"));
        Prediction<TinyLabel> wrong = classifier.Predict(Path.Combine(folder, "png_inside.jpg"));

        Assert.Equal(right.Ranking, wrong.Ranking);
    }

    /// <summary>How far a value may be from Pillow's. It is the same, as both use libjpeg-turbo and libwebp, with one exception.</summary>
    private static int Tolerance(string file) => file switch
    {
        // Each library multiplies colours with black by itself, and Skia's rounding depends on the processor.
        "cmyk.jpg" => 1,
        _ => 0,
    };

    private static ImageFixtures.ExpectedImage Find(string file, int width, int height, int? resize = null, bool bicubic = false) =>
        ImageFixtures.Expected.Single(image => (image.File, image.Width, image.Height, image.Resize, image.Bicubic) == (file, width, height, resize, bicubic));

    private static TheoryData<string, int, int> Select(Func<ImageFixtures.ExpectedImage, bool> isWanted)
    {
        TheoryData<string, int, int> data = [];
        foreach (ImageFixtures.ExpectedImage image in ImageFixtures.Expected.Where(isWanted))
        {
            data.Add(image.File, image.Width, image.Height);
        }
        return data;
    }
}
