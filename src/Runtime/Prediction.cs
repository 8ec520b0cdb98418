using FineTune.Inference;

namespace FineTune;

/// <summary>What a classifier says of one image.</summary>
/// <typeparam name="TLabel">The label enum.</typeparam>
public sealed class Prediction<TLabel>
    where TLabel : struct, Enum
{
    private readonly LabelScore<TLabel>[] _ranking;
    private readonly TrueProbabilities? _trueLabels;

    /// <summary>Makes a prediction, for tests that replace a classifier.</summary>
    /// <param name="scores">Every label with its probability, in the order of the classes.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public Prediction(params IEnumerable<LabelScore<TLabel>> scores)
    {
        // A stable sort, so that equal scores keep the order of the classes.
        _ranking = [.. scores.OrderByDescending(static score => score.Score)];
        if (_ranking.Length == 0) throw new ArgumentException("A prediction has at least one label.", nameof(scores));
        IsCertain = true;
    }

    /// <summary>Makes the prediction of a classifier.</summary>
    /// <param name="certainty">What the classifier knows about its probabilities.</param>
    /// <param name="scores">Every label with its probability, in the order of the classes.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public Prediction(Certainty certainty, params IEnumerable<LabelScore<TLabel>> scores)
        : this(scores)
    {
        ArgumentNullException.ThrowIfNull(certainty);
        IsCertain = certainty.IsCertain(Confidence);
        _trueLabels = certainty.TrueLabels;
    }

    /// <summary>The most probable label.</summary>
    public TLabel Label => _ranking[0].Label;

    /// <summary>The probability of <see cref="Label"/>, in [0, 1].</summary>
    public float Confidence => _ranking[0].Score;

    /// <summary>
    /// Whether the confidence reaches the threshold that <c>[predict] accept</c> of the spec chose on validation images. Without <c>accept</c>
    /// there is no threshold, and every answer is certain.
    /// </summary>
    public bool IsCertain { get; init; }

    /// <summary><see cref="Label"/>, or null if the answer is not certain.</summary>
    public TLabel? LabelOrNull => IsCertain ? Label : null;

    /// <summary>Every label with its probability, most probable first; equal scores keep the order of the classes.</summary>
    public IReadOnlyList<LabelScore<TLabel>> Ranking => _ranking;

    /// <summary>The <paramref name="k"/> most probable labels, most probable first; all of them where there are fewer.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    public IReadOnlyList<LabelScore<TLabel>> Top(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return new ArraySegment<LabelScore<TLabel>>(_ranking, 0, Math.Min(k, _ranking.Length));
    }

    /// <summary>
    /// The labels that the true one is among in at least so many of all cases: a split conformal set. The promise is for images like those of
    /// the training, over all of them; it is none for a single image or class.
    /// </summary>
    /// <param name="coverage">The share of sets that shall have the true label, in (0, 1).</param>
    /// <returns>
    /// The labels whose probability is at least that which the same share of validation images had for their true labels, most probable
    /// first; always at least the most probable label. Every label if there were too few validation images for the coverage.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="coverage"/> is not in (0, 1).</exception>
    /// <exception cref="InvalidOperationException">The weights have no figures of validation images.</exception>
    public IReadOnlyList<LabelScore<TLabel>> Set(double coverage)
    {
        if (!(coverage is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(coverage), coverage, "A coverage is above 0 and below 1.");
        if (_trueLabels is null)
        {
            throw new InvalidOperationException(
                "The weights have no figures of validation images. Write calibrate = true or accept in [predict] of the spec, and build with -p:TrainModel=true.");
        }
        float least = _trueLabels.Least(coverage);
        int count = Array.FindIndex(_ranking, score => score.Score < least);
        return new ArraySegment<LabelScore<TLabel>>(_ranking, 0, count < 0 ? _ranking.Length : Math.Max(1, count));
    }

    /// <summary>The label and its probability, for example <c>Daisy 98.3%</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Label} {100 * Confidence:0.0}%");
}

/// <summary>A label and its probability in [0, 1].</summary>
public readonly record struct LabelScore<TLabel>(TLabel Label, float Score)
    where TLabel : struct, Enum;
