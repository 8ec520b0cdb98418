using System.Globalization;

namespace FineTune.Inference;

/// <summary>
/// The probabilities that a network gave to the true labels of validation images, for split conformal prediction with the score 1 - probability
/// (V. Vovk et al., "Algorithmic Learning in a Random World", 2005; M. Sadinle et al., "Least Ambiguous Set-Valued Classifiers With Bounded
/// Error Levels", arXiv:1609.00451). Of many images, the order statistics of a fixed grid are kept.
/// </summary>
internal sealed class TrueProbabilities : IEquatable<TrueProbabilities>
{
    /// <summary>The steps of the grid of coverages; of fewer images, every probability is kept.</summary>
    public const int Grid = 1000;

    /// <summary>The probabilities of the ranks that are kept, largest first.</summary>
    private readonly float[] _kept;

    private TrueProbabilities(int images, float[] kept) => (Images, _kept) = (images, kept);

    /// <summary>How many images there were.</summary>
    public int Images { get; }

    /// <summary>Takes the probabilities of validation images.</summary>
    /// <param name="probabilities">The probability of the true label of each image, in any order; at least one.</param>
    public static TrueProbabilities Of(IEnumerable<float> probabilities)
    {
        float[] sorted = [.. probabilities.OrderDescending()];
        return new TrueProbabilities(sorted.Length, [.. Ranks(sorted.Length).Select(rank => sorted[rank - 1])]);
    }

    /// <summary>The smallest probability of a label that belongs to a set.</summary>
    /// <param name="coverage">The share of sets that shall have the true label, in (0, 1).</param>
    /// <returns>
    /// The probability of rank ⌈(n + 1) × coverage⌉ of the n images, or of the next rank that is kept; 0 where n is too small, so that
    /// every label belongs to the set.
    /// </returns>
    public float Least(double coverage)
    {
        int wanted = RankOf(coverage, Images), index = 0;
        foreach (int rank in Ranks(Images))
        {
            if (rank >= wanted) return _kept[index];
            index++;
        }
        return 0;
    }

    /// <summary>The number of images, and the probabilities.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Images}: ") + string.Join(' ', _kept.Select(static p => p.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="InvalidDataException">The text is something else.</exception>
    public static TrueProbabilities Parse(string text)
    {
        string[] parts = text.Split(": ", 2);
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int images) || images < 1) throw Damaged("it has no number of images");
        string[] words = parts[1].Split(' ');
        float[] kept = new float[words.Length];
        for (int i = 0; i < kept.Length; i++)
        {
            if (!float.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out kept[i]) || !(kept[i] >= 0 && kept[i] <= (i == 0 ? 1 : kept[i - 1])))
            {
                throw Damaged($"'{words[i]}' is not a probability in descending order");
            }
        }
        return kept.Length == Math.Min(images, Ranks(images).Count()) ? new TrueProbabilities(images, kept) : throw Damaged($"it has {kept.Length} probabilities of {images} images");
    }

    /// <inheritdoc />
    public bool Equals(TrueProbabilities? other) => other is not null && Images == other.Images && _kept.AsSpan().SequenceEqual(other._kept);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as TrueProbabilities);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Images, _kept.Length, _kept[0], _kept[^1]);

    /// <summary>The ranks that are kept, in ascending order.</summary>
    private static IEnumerable<int> Ranks(int images) => images < Grid
        ? Enumerable.Range(1, images)
        : Enumerable.Range(1, Grid - 1).Select(step => RankOf(step / (double)Grid, images)).Where(rank => rank <= images).Distinct();

    private static int RankOf(double coverage, int images)
    {
        // So that 0.95 of 100 is 95 and not, by the rounding of the product, 96.
        const double Tolerance = 1e-9;
        return Math.Max(1, (int)Math.Ceiling((images + 1.0) * coverage - Tolerance));
    }

    private static InvalidDataException Damaged(string what) => new($"The weight file's '{Certainty.TrueLabelsKey}' is damaged: {what}.");
}
