namespace FineTune.Training.Statistics;

/// <summary>The comparison of two classifiers on the same images.</summary>
/// <param name="Gained">How many images the second one answers right and the first one wrong.</param>
/// <param name="Lost">How many images the first one answers right and the second one wrong.</param>
internal readonly record struct McNemarTest(int Gained, int Lost)
{
    /// <summary>From this probability on, a difference is not distinguishable from chance.</summary>
    public const double Level = 0.05;

    /// <summary>
    /// The exact two-sided test: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    /// Psychometrika 12 (1947), with the binomial distribution. It is the probability of a difference at least as large if each image that the classifiers
    /// differ on were as likely to be gained as lost. In (0, 1]; 1 if they differ on no image.
    /// </summary>
    public double Probability
    {
        get
        {
            int all = Gained + Lost, few = Math.Min(Gained, Lost);
            // The logarithm of the binomial coefficient, as the coefficient itself overflows and its share underflows.
            double logarithm = -all * Math.Log(2), sum = 0;
            for (int i = 0; i <= few; i++)
            {
                sum += Math.Exp(logarithm);
                logarithm += Math.Log((double)(all - i) / (i + 1));
            }
            return Math.Min(1, 2 * sum);
        }
    }

    /// <summary>Whether the difference is not distinguishable from chance.</summary>
    public bool MayBeChance => Probability >= Level;
}
