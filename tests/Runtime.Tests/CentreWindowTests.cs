using FineTune.Images;

namespace Runtime.Tests;

public class CentreWindowTests
{
    // Sizes that leave an odd number of rows or columns over, and an even one.
    [Theory]
    [InlineData(301, 224)]
    [InlineData(500, 333)]
    [InlineData(224, 301)]
    public void An_image_that_is_stored_turned_round_gives_the_same_centre_as_when_it_is_stored_upright(int height, int width)
    {
        var image = new ImageSize(height, width);
        foreach (ImageResize? resize in (ImageResize?[])[null, new(256, IsBicubic: false)])
        {
            (FilterWeights rows, FilterWeights columns) = CentreWindow.Of(image, new(224, 224), resize, flipsRows: false, flipsColumns: false);
            (FilterWeights turnedRows, FilterWeights turnedColumns) = CentreWindow.Of(image, new(224, 224), resize, flipsRows: true, flipsColumns: true);

            AssertMirrored(rows, turnedRows, height);
            AssertMirrored(columns, turnedColumns, width);
        }
    }

    /// <summary>Each place from one end is the mean of what the same place from the other end is.</summary>
    private static void AssertMirrored(FilterWeights weights, FilterWeights turned, int length)
    {
        for (int i = 0; i < weights.Count; i++) Assert.Equal(Centre(weights, i), length - 1 - Centre(turned, weights.Count - 1 - i), 1e-3);
    }

    /// <summary>The place in the stored image that one in the resized image is taken from.</summary>
    private static double Centre(FilterWeights weights, int index)
    {
        int[] taps = weights.Weights(index).ToArray();
        return taps.Select((tap, i) => (double)tap * (weights.Start(index) + i)).Sum() / taps.Sum();
    }
}
