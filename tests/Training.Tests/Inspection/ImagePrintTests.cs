using FineTune.Images;
using FineTune.Training.Inspection;
using SkiaSharp;

namespace Training.Tests.Inspection;

public class ImagePrintTests
{
    [Fact]
    public void A_copy_that_was_stored_again_or_made_smaller_is_near()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            using SKBitmap picture = Scenes.Draw(seed, 240, 180), small = Scenes.Resize(picture, 130, 98);
            ImagePrint print = Scenes.Print(Scenes.Png(picture));

            Assert.True(print.IsNear(Scenes.Print(Scenes.Jpeg(picture, 30))), $"{seed} stored again");
            Assert.True(print.IsNear(Scenes.Print(Scenes.Jpeg(small, 80))), $"{seed} made smaller");
        }
    }

    [Fact]
    public void Other_pictures_are_not_near()
    {
        ImagePrint[] prints = [.. Enumerable.Range(0, 60).Select(static seed => Scenes.Print(Scenes.Png(seed)))];

        Assert.Empty(NearDuplicates.Find(prints));
    }

    [Fact]
    public void The_pixels_decide_where_hashes_agree()
    {
        // Both get darker from left to right, so all bits are set; only one of them does so in red.
        ImagePrint grey = Gradient(static level => (level, level, level)), red = Gradient(static level => (level, (byte)0, (byte)40));

        Assert.Equal(ulong.MaxValue, grey.Hash);
        Assert.Equal(0, grey.HashDistance(red));
        Assert.False(grey.IsNear(red));
    }

    [Fact]
    public void Plain_pictures_are_like_nothing()
    {
        using var bitmap = new SKBitmap(64, 64);
        bitmap.Erase(SKColors.Teal);
        ImagePrint plain = Scenes.Print(Scenes.Png(bitmap));

        Assert.True(plain.IsPlain);
        Assert.Equal(0ul, plain.Hash);
        Assert.Empty(NearDuplicates.Find([plain, plain, null]));
    }

    [Fact]
    public void Pairs_are_found_once_and_unreadable_images_are_skipped()
    {
        ImagePrint one = Scenes.Print(Scenes.Png(1)), two = Scenes.Print(Scenes.Png(2));

        Assert.Equal([(0, 3), (0, 4), (2, 5), (3, 4)], NearDuplicates.Find([one, null, two, one, one, two]));
    }

    [Fact]
    public void An_image_smaller_than_the_print_has_one()
    {
        byte[] pixels = [.. Enumerable.Range(0, 5 * 7 * 3).Select(static i => (byte)(37 * i))];

        Assert.Equal(ImagePrint.Bytes, ImagePrint.Of(pixels, new ImageSize(5, 7)).Pixels.Length);
    }

    [Fact]
    public void Groups_are_the_connected_images()
    {
        Assert.Equal([[0, 2, 5], [3, 4]], ImageGroups.Of(7, [(4, 3), (5, 2), (0, 5)]));
        Assert.Empty(ImageGroups.Of(3, []));
    }

    private static ImagePrint Gradient(Func<byte, (byte, byte, byte)> color)
    {
        var size = new ImageSize(72, 72);
        byte[] pixels = new byte[size.Bytes];
        for (int i = 0; i < size.Height * size.Width; i++)
        {
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = color((byte)(250 - 3 * (i % size.Width)));
        }
        return ImagePrint.Of(pixels, size);
    }
}
