using FineTune.Pipeline;
using static SamplePlugin.Tests.Contexts;

namespace SamplePlugin.Tests;

public class RandomErasingTests
{
    private const int Height = 40, Width = 60;

    private readonly RandomErasing _erasing = new();

    [Fact]
    public void Erasing_is_the_same_for_the_same_random_numbers()
    {
        PartValues values = ValuesOf(_erasing, ("probability", 1.0));
        float[] once = Picture(), again = Picture(), other = Picture();

        _erasing.Process(once, new ProcessContext(Height, Width, new Numbers(seed: 3), values));
        _erasing.Process(again, new ProcessContext(Height, Width, new Numbers(seed: 3), values));
        _erasing.Process(other, new ProcessContext(Height, Width, new Numbers(seed: 4), values));

        Assert.NotEqual(Picture(), once);
        Assert.Equal(once, again);
        Assert.NotEqual(once, other);
    }

    [Fact]
    public void What_is_erased_is_one_rectangle_in_the_ranges_of_area_and_aspect()
    {
        PartValues values = ValuesOf(
            _erasing, ("probability", 1.0), ("area_least", 0.1), ("area_most", 0.3), ("aspect_least", 0.5), ("aspect_most", 2.0), ("value", 7.25));
        HashSet<(int, int)> sizes = [];
        for (int seed = 0; seed < 300; seed++)
        {
            float[] pixels = Picture();

            _erasing.Process(pixels, new ProcessContext(Height, Width, new Numbers(seed), values));

            (int top, int left, int height, int width) = Erased(pixels, 7.25f);
            sizes.Add((height, width));
            // Sides are rounded by half a pixel at most.
            Assert.True((height + 0.5) * (width + 0.5) >= 0.1 * Height * Width && (height - 0.5) * (width - 0.5) <= 0.3 * Height * Width, $"{height} × {width}");
            Assert.True((height + 0.5) / (width - 0.5) >= 0.5 && (height - 0.5) / (width + 0.5) <= 2, $"{height} × {width}");
            Assert.True(top >= 0 && left >= 0 && top + height <= Height && left + width <= Width);
        }
        Assert.True(sizes.Count > 100, "the rectangles differ");
        Assert.InRange(sizes.Count(static size => size.Item1 > size.Item2) / (double)sizes.Count, 0.3, 0.7);
    }

    [Theory]
    [InlineData(0.0, 0, 0)]
    [InlineData(0.25, 430, 570)]
    [InlineData(1.0, 2000, 2000)]
    public void As_many_images_are_changed_as_the_probability_says(double probability, int least, int most)
    {
        PartValues values = ValuesOf(_erasing, ("probability", probability));
        int changed = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            float[] pixels = Picture();
            _erasing.Process(pixels, new ProcessContext(Height, Width, new Numbers(seed), values));
            if (pixels.Contains(127.5f)) changed++;
        }

        Assert.InRange(changed, least, most);
    }

    [Fact]
    public void An_image_that_no_rectangle_fits_is_left_as_it_is()
    {
        PartValues values = ValuesOf(
            _erasing, ("probability", 1.0), ("area_least", 0.9), ("area_most", 1.0), ("aspect_least", 50.0), ("aspect_most", 60.0));
        float[] pixels = Picture();

        _erasing.Process(pixels, new ProcessContext(Height, Width, new Numbers(1), values));

        Assert.Equal(Picture(), pixels);
    }

    [Theory]
    [InlineData("area_least", 0.5)]
    [InlineData("aspect_least", 4.0)]
    public void A_range_that_ends_before_it_begins_is_an_error_at_its_key(string key, double value)
    {
        var context = new ProcessContext(Height, Width, new Numbers(1), ValuesOf(_erasing, (key, value)));

        PipelineException error = Assert.Throws<PipelineException>(() => _erasing.Process(Picture(), context));

        Assert.Equal(key, error.Key);
    }

    /// <summary>An image whose values are all whole: none is the value of an erased pixel.</summary>
    private static float[] Picture() => [.. Enumerable.Range(0, Height * Width * 3).Select(static i => (float)(i * 31 % 251))];

    /// <summary>The rectangle with the value. All else is as it was.</summary>
    private static (int Top, int Left, int Height, int Width) Erased(float[] pixels, float value)
    {
        int first = Array.IndexOf(pixels, value) / 3, last = Array.LastIndexOf(pixels, value) / 3;
        (int top, int left, int bottom, int right) = (first / Width, first % Width, last / Width, last % Width);
        float[] expected = Picture();
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++) expected.AsSpan((y * Width + x) * 3, 3).Fill(value);
        }
        Assert.Equal(expected, pixels);
        return (top, left, bottom - top + 1, right - left + 1);
    }
}
