using FineTune.Training.Statistics;

namespace Training.Tests.Statistics;

public class WilsonIntervalTests
{
    /// <summary>
    /// 81 of 263 and 15 of 148: R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
    /// table I, method 3; 0 of 20 and 1 of 29 from there, too. Published with four digits.
    /// </summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void The_interval_is_the_published_one(int right, int all, double low, double high)
    {
        var interval = WilsonInterval.Of(right, all);

        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    [Fact]
    public void Of_no_images_every_accuracy_is_possible() => Assert.Equal(new WilsonInterval(0, 1), WilsonInterval.Of(0, 0));

    [Theory]
    [InlineData(5, 5)]
    [InlineData(0, 7)]
    public void All_right_or_all_wrong_has_an_exact_bound_and_is_mirrored(int right, int all)
    {
        WilsonInterval interval = WilsonInterval.Of(right, all), mirrored = WilsonInterval.Of(all - right, all);

        Assert.Equal(right == all ? 1 : 0, right == all ? interval.High : interval.Low);
        Assert.Equal(interval.Low, 1 - mirrored.High, 12);
        Assert.Equal(interval.High, 1 - mirrored.Low, 12);
    }
}
