using FineTune.Native;
using FineTune.Training.Processors;
using ModelSpec.Language;
using static TorchSharp.torch;

namespace Training.Tests.Data;

public class AugmenterTests
{
    private static readonly Augmentation None = new(0, 0, 0, 0, 0, false, 0, FillMode.Nearest);

    static AugmenterTests() => NativeLibraries.Load();

    [Fact]
    public void Without_changes_an_image_stays_as_it_is()
    {
        using Tensor pixels = Picture(6, 9);

        using Tensor result = new Augmenter(None, 1).Apply(pixels, [0, 1], 0, 1);

        Assert.True(result.allclose(pixels.to_type(ScalarType.Float32), atol: 1e-3));
    }

    [Fact]
    public void Half_of_the_images_are_mirrored()
    {
        using Tensor pixels = Picture(6, 9, count: 200);
        using Tensor plain = pixels.to_type(ScalarType.Float32), mirrored = plain.flip(2);

        using Tensor result = new Augmenter(None with { HorizontalFlip = true }, 1).Apply(pixels, [.. Enumerable.Range(0, 200).Select(static i => (long)i)], 0, 1);

        int flipped = 0;
        for (int i = 0; i < 200; i++)
        {
            bool same = result[i].allclose(plain[i], atol: 1e-3);
            Assert.True(same || result[i].allclose(mirrored[i], atol: 1e-3));
            if (!same) flipped++;
        }
        Assert.InRange(flipped, 70, 130);
    }

    // Each fill mode, against a computation of every pixel in double precision.
    [Theory]
    [InlineData(FillMode.Nearest)]
    [InlineData(FillMode.Constant)]
    [InlineData(FillMode.Reflect)]
    public void A_warp_is_what_bilinear_interpolation_in_double_precision_gives(FillMode fill)
    {
        var settings = new Augmentation(25, 0.2, 0.2, 8, 0.2, true, 0, fill);
        using Tensor pixels = Picture(12, 10, count: 3);

        using Tensor result = new Augmenter(settings, 3).Apply(pixels, [4, 5, 6], 1, 2);

        for (int image = 0; image < 3; image++)
        {
            double[,] map = KerasMap(settings, 3, 1, 2, 4 + image, 12, 10);
            for (int y = 0; y < 12; y++)
            {
                for (int x = 0; x < 10; x++)
                {
                    double sourceX = map[0, 0] * x + map[0, 1] * y + map[0, 2], sourceY = map[1, 0] * x + map[1, 1] * y + map[1, 2];
                    Assert.Equal(Bilinear(pixels, image, sourceX, sourceY, fill), result[image, y, x, 0].item<float>(), 0.02);
                }
            }
        }
    }

    [Fact]
    public void A_wrapped_image_is_shifted_around()
    {
        var settings = None with { WidthShift = 0.5, Fill = FillMode.Wrap };
        using Tensor pixels = Picture(4, 8, count: 1);

        using Tensor result = new Augmenter(settings, 5).Apply(pixels, [0], 0, 1);

        double[,] map = KerasMap(settings, 5, 0, 1, 0, 4, 8);
        for (int x = 0; x < 8; x++)
        {
            double source = map[0, 0] * x + map[0, 2];
            int left = (int)Math.Floor(source);
            double share = source - left;
            double expected = (1 - share) * Value(left) + share * Value(left + 1);
            Assert.Equal(expected, result[0, 1, x, 0].item<float>(), 0.02);
        }

        double Value(int column) => pixels[0, 1, ((column % 8) + 8) % 8, 0].item<byte>();
    }

    [Fact]
    public void Brightness_multiplies_pixels_within_its_range()
    {
        using Tensor pixels = full([50, 2, 2, 3], 100, dtype: ScalarType.Byte);

        using Tensor result = new Augmenter(None with { Brightness = 0.3 }, 5).Apply(pixels, [.. Enumerable.Range(0, 50).Select(static i => (long)i)], 0, 1);

        float[] values = result.data<float>().ToArray();
        Assert.InRange(values.Min(), 69.9f, 80);
        Assert.InRange(values.Max(), 120, 130.1f);
        Assert.Equal(50, values.Distinct().Count());
    }

    [Fact]
    public void What_happens_to_an_image_depends_on_seed_stage_epoch_and_image_alone()
    {
        var augmenter = new Augmenter(None with { Rotation = 30, Zoom = 0.2, Brightness = 0.3 }, 9);
        using Tensor pixels = Picture(8, 8, count: 4), part = pixels.narrow(0, 2, 1);

        using Tensor batch = augmenter.Apply(pixels, [10, 11, 12, 13], 1, 2);
        using Tensor alone = augmenter.Apply(part, [12], 1, 2);
        using Tensor later = augmenter.Apply(part, [12], 1, 3);

        Assert.Equal(batch[2].data<float>().ToArray(), alone[0].data<float>().ToArray());
        Assert.NotEqual(alone.data<float>().ToArray(), later.data<float>().ToArray());
    }

    private static Tensor Picture(int height, int width, int count = 2)
    {
        byte[] bytes = [.. Enumerable.Range(0, count * height * width * 3).Select(static i => (byte)(i * 89 % 251))];
        return tensor(bytes, [count, height, width, 3]);
    }

    /// <summary>Keras's matrices multiplied one by one in (row, column) order, as apply_affine_transform does, then in (x, y).</summary>
    private static double[,] KerasMap(Augmentation s, long seed, long stage, long epoch, long image, int height, int width)
    {
        var random = new FineTune.Training.SeededRandom(seed, stage, epoch, image);
        double theta = random.Uniform(-s.Rotation, s.Rotation) * Math.PI / 180;
        double tx = random.Uniform(-s.HeightShift, s.HeightShift) * height;
        double ty = random.Uniform(-s.WidthShift, s.WidthShift) * width;
        double shear = random.Uniform(-s.Shear, s.Shear) * Math.PI / 180;
        double zx = random.Uniform(1 - s.Zoom, 1 + s.Zoom);
        double zy = random.Uniform(1 - s.Zoom, 1 + s.Zoom);
        bool flip = random.NextDouble() < 0.5 && s.HorizontalFlip;
        double[,] m = Multiply(
            new double[,] { { 1, 0, (height - 1) / 2.0 }, { 0, 1, (width - 1) / 2.0 }, { 0, 0, 1 } },
            Multiply(
                Multiply(
                    new double[,] { { Math.Cos(theta), -Math.Sin(theta), 0 }, { Math.Sin(theta), Math.Cos(theta), 0 }, { 0, 0, 1 } },
                    new double[,] { { 1, 0, tx }, { 0, 1, ty }, { 0, 0, 1 } }),
                Multiply(
                    Multiply(
                        new double[,] { { 1, -Math.Sin(shear), 0 }, { 0, Math.Cos(shear), 0 }, { 0, 0, 1 } },
                        new double[,] { { zx, 0, 0 }, { 0, zy, 0 }, { 0, 0, 1 } }),
                    new double[,] { { 1, 0, -(height - 1) / 2.0 }, { 0, 1, -(width - 1) / 2.0 }, { 0, 0, 1 } })));
        // Keras mirrors the warped image: result column x shows what the map gives for column width - 1 - x.
        if (flip) m = Multiply(m, new double[,] { { 1, 0, 0 }, { 0, -1, width - 1 }, { 0, 0, 1 } });
        return new[,] { { m[1, 1], m[1, 0], m[1, 2] }, { m[0, 1], m[0, 0], m[0, 2] } };
    }

    private static double[,] Multiply(double[,] a, double[,] b)
    {
        double[,] c = new double[3, 3];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++) c[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j];
        }
        return c;
    }

    private static double Bilinear(Tensor pixels, int image, double x, double y, FillMode fill)
    {
        int height = (int)pixels.shape[1], width = (int)pixels.shape[2];
        int left = (int)Math.Floor(x), top = (int)Math.Floor(y);
        double fx = x - left, fy = y - top;
        return (1 - fy) * ((1 - fx) * At(left, top) + fx * At(left + 1, top)) + fy * ((1 - fx) * At(left, top + 1) + fx * At(left + 1, top + 1));

        double At(int column, int row)
        {
            if (fill == FillMode.Constant && (column < 0 || column >= width || row < 0 || row >= height)) return 0;
            column = fill == FillMode.Reflect ? Mirror(column, width) : Math.Clamp(column, 0, width - 1);
            row = fill == FillMode.Reflect ? Mirror(row, height) : Math.Clamp(row, 0, height - 1);
            return pixels[image, row, column, 0].item<byte>();
        }

        static int Mirror(int i, int size)
        {
            i = ((i % (2 * size)) + 2 * size) % (2 * size);
            return i < size ? i : 2 * size - 1 - i;
        }
    }
}
