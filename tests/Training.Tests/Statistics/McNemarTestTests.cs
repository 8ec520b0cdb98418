using FineTune.Training.Statistics;

namespace Training.Tests.Statistics;

public class McNemarTestTests
{
    /// <summary>Sums of binomial coefficients by hand: 2 (1 + 6) / 2^6, 2 (1 + 14 + 91 + 364 + 1001 + 2002) / 2^14, and so on.</summary>
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(5, 0, 0.0625)]
    [InlineData(5, 1, 0.21875)]
    [InlineData(9, 5, 0.42395019531250)]
    [InlineData(10, 10, 1)]
    [InlineData(12, 2, 0.01293945312500)]
    public void The_probability_is_that_of_the_binomial_distribution(int gained, int lost, double expected)
    {
        Assert.Equal(expected, new McNemarTest(gained, lost).Probability, 1e-10);
        Assert.Equal(expected, new McNemarTest(lost, gained).Probability, 1e-10);
    }

    [Fact]
    public void Thousands_of_images_neither_overflow_nor_underflow()
    {
        // The normal distribution with a correction for continuity: z = (200 - 1) / sqrt(10000).
        double probability = new McNemarTest(5_100, 4_900).Probability;

        Assert.InRange(probability, 0.045, 0.048);
        Assert.InRange(new McNemarTest(0, 5_000).Probability, 0, 1e-300);
    }

    [Fact]
    public void A_difference_may_be_chance_at_five_percent()
    {
        Assert.True(new McNemarTest(5, 0).MayBeChance);
        Assert.False(new McNemarTest(6, 0).MayBeChance);
    }
}
