using Blossoms;
using FineTune;
using Flowers17;
using Runtime.Tests;
using SkiaSharp;

namespace Browser.Tests;

/// <summary>The page and .NET give the same answers to the same pictures.</summary>
public sealed class AnswerTests(Workplace workplace)
{
    /// <summary>The same pixels in the same file: what different kernels round.</summary>
    private const double SameFile = 1e-4;

    /// <summary>The same picture in the file of the other form: pixels are rounded at other places, and large JPEGs are decoded at a smaller size.</summary>
    private const double OtherForm = 0.02;

    [Fact]
    public async Task Blossoms_get_the_same_answers_as_in_NET()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        using var file = new PixelsModel(model.Pixels);
        using BlossomClassifier classifier = BlossomClassifier.Load(model.Tensor);
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);

        foreach (BlossomKind kind in Enum.GetValues<BlossomKind>())
        {
            byte[] picture = BlossomPainter.Draw(kind, seed: 10_000);
            Answer[] answers = await page.ChooseAsync($"{kind}.png", picture, "image/png");
            AssertSame(file.Classify(picture), answers, SameFile);
            AssertSame(Top(classifier.Predict(picture), BlossomClassifier.Labels), answers, OtherForm);
        }
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task Photos_get_the_same_answers_as_in_NET()
    {
        TrainedModel model = await workplace.FlowersAsync();
        string photos = Workplace.RequirePhotos();
        using var file = new PixelsModel(model.Pixels);
        using FlowerClassifier classifier = FlowerClassifier.Load(model.Tensor);
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);

        foreach (int label in (int[])[0, 5, 9, 10, 16])
        {
            // Not one of those that the head has learnt.
            string path = FlowersPhotos.Of(photos, label, 50);
            byte[] picture = await File.ReadAllBytesAsync(path);
            Answer[] answers = await page.ChooseAsync(Path.GetFileName(path), picture);
            AssertSame(file.Classify(picture), answers, SameFile);
            AssertSame(Top(classifier.Predict(picture), FlowerClassifier.Labels), answers, OtherForm);
        }
        Assert.Empty(page.Errors);
    }

    // EXIF's orientations, and where the upright picture's pixel (x, y) is stored, of a stored picture of w × h pixels.
    public static TheoryData<byte, Func<int, int, int, int, (int X, int Y)>> Orientations => new()
    {
        { 2, static (x, y, w, h) => (w - 1 - x, y) },
        { 3, static (x, y, w, h) => (w - 1 - x, h - 1 - y) },
        { 6, static (x, y, w, h) => (y, h - 1 - x) },
        { 8, static (x, y, w, h) => (w - 1 - y, x) },
    };

    [Theory]
    [MemberData(nameof(Orientations), DisableDiscoveryEnumeration = true)]
    public async Task A_photo_is_turned_upright_as_EXIF_says(byte orientation, Func<int, int, int, int, (int X, int Y)> stored)
    {
        TrainedModel model = await workplace.BlossomsAsync();
        using var file = new PixelsModel(model.Pixels);
        byte[] lying = BlossomPictures.Encode(BlossomPictures.Draw(BlossomKind.Tulip, 150, 110), SKEncodedImageFormat.Jpeg);
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);

        Answer[] answers = await page.ChooseAsync("turned.jpg", Pictures.WithOrientation(lying, orientation));

        using SKBitmap upright = BlossomPictures.Turn(lying, swapsSides: orientation > 4, stored);
        AssertSame(file.Classify(upright), answers, SameFile);
        AssertDifferent(file.Classify(lying), answers);
    }

    [Fact]
    public async Task The_colours_of_a_file_are_taken_as_they_are_whatever_its_profile()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        using var file = new PixelsModel(model.Pixels);
        using SKBitmap plain = BlossomPictures.Draw(BlossomKind.Lily, 120, 120);
        using var wide = SKColorSpace.CreateRgb(SKColorSpaceTransferFn.Srgb, SKColorSpaceXyz.Rec2020);
        using var tagged = new SKBitmap(plain.Info.WithColorSpace(wide));
        plain.GetPixelSpan().CopyTo(tagged.GetPixelSpan());
        byte[] picture = BlossomPictures.Encode(tagged, SKEncodedImageFormat.Png);
        Assert.NotEqual(BlossomPictures.Encode(plain, SKEncodedImageFormat.Png).Length, picture.Length);
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);

        AssertSame(file.Classify(picture), await page.ChooseAsync("wide.png", picture, "image/png"), SameFile);
    }

    [Fact]
    public async Task Colours_under_transparency_are_taken_as_they_are()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        using var file = new PixelsModel(model.Pixels);
        using SKBitmap bitmap = BlossomPictures.Draw(BlossomKind.Daisy, 120, 120);
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width / 2; x++) bitmap.SetPixel(x, y, bitmap.GetPixel(x, y).WithAlpha(100));
        }
        byte[] picture = BlossomPictures.Encode(bitmap, SKEncodedImageFormat.Png);
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);

        AssertSame(file.Classify(picture), await page.ChooseAsync("glass.png", picture, "image/png"), OtherForm);
    }

    [Fact]
    public async Task A_photo_of_many_megapixels_gets_the_same_labels()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        using BlossomClassifier classifier = BlossomClassifier.Load(model.Tensor);
        byte[] picture = BlossomPictures.Encode(BlossomPictures.Draw(BlossomKind.Daisy, 4000, 3000), SKEncodedImageFormat.Jpeg);
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels);

        Answer[] answers = await page.ChooseAsync("large.jpg", picture);

        AssertSame(Top(classifier.Predict(picture), BlossomClassifier.Labels), answers, OtherForm);
        Assert.InRange(await page.Page.EvaluateAsync<int>("photo.width * photo.height"), 3_900_000, 4_100_000);
    }

    [Fact]
    public async Task Threads_give_the_same_answers_where_the_server_isolates_the_page()
    {
        TrainedModel model = await workplace.BlossomsAsync();
        using var file = new PixelsModel(model.Pixels);
        byte[] picture = BlossomPainter.Draw(BlossomKind.Tulip, seed: 10_001);
        await using OpenPage page = await OpenPage.OpenAsync(workplace, model.Pixels, isIsolated: true);

        Answer[] answers = await page.ChooseAsync("tulip.png", picture, "image/png");

        Assert.True(await page.Page.EvaluateAsync<bool>("crossOriginIsolated"));
        AssertSame(file.Classify(picture), answers, SameFile);
        Assert.Empty(page.Errors);
    }

    private static Answer[] Top<TLabel>(Prediction<TLabel> prediction, IReadOnlyList<string> labels)
        where TLabel : struct, Enum => [.. prediction.Ranking.Select(score => new Answer(labels[Convert.ToInt32(score.Label, null)], score.Score))];

    /// <summary>Asserts that the page shows the three best labels of .NET. Only labels that are as good as equally likely may have changed places.</summary>
    private static void AssertSame(Answer[] expected, Answer[] actual, double tolerance)
    {
        Assert.Equal(3, actual.Length);
        Assert.Equal(expected[0].Label, actual[0].Label);
        foreach ((Answer wanted, Answer shown) in expected.Zip(actual))
        {
            Assert.Equal(wanted.Probability, shown.Probability, tolerance);
            Assert.Equal(expected.Single(answer => answer.Label == shown.Label).Probability, shown.Probability, tolerance);
        }
    }

    private static void AssertDifferent(Answer[] others, Answer[] actual) =>
        Assert.Contains(actual, answer => Math.Abs(answer.Probability - others.Single(other => other.Label == answer.Label).Probability) > 0.01);
}
