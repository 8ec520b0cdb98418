namespace FineTune;

/// <summary>What a classifier says of one image.</summary>
/// <typeparam name="TLabel">The label enum.</typeparam>
public sealed class Prediction<TLabel>
    where TLabel : struct, Enum
{
    private readonly LabelScore<TLabel>[] _ranking;

    /// <summary>Makes a prediction, for tests that replace a classifier.</summary>
    /// <param name="scores">Every label with its probability, in the order of the classes.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public Prediction(params IEnumerable<LabelScore<TLabel>> scores)
    {
        // A stable sort, so that equal scores keep the order of the classes.
        _ranking = [.. scores.OrderByDescending(static score => score.Score)];
        if (_ranking.Length == 0) throw new ArgumentException("A prediction has at least one label.", nameof(scores));
    }

    /// <summary>The most probable label.</summary>
    public TLabel Label => _ranking[0].Label;

    /// <summary>The probability of <see cref="Label"/>, in [0, 1].</summary>
    public float Confidence => _ranking[0].Score;

    /// <summary>Every label with its probability, most probable first; equal scores keep the order of the classes.</summary>
    public IReadOnlyList<LabelScore<TLabel>> Ranking => _ranking;

    /// <summary>The <paramref name="k"/> most probable labels, most probable first; all of them where there are fewer.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    public IReadOnlyList<LabelScore<TLabel>> Top(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return new ArraySegment<LabelScore<TLabel>>(_ranking, 0, Math.Min(k, _ranking.Length));
    }

    /// <summary>The label and its probability, for example <c>Daisy 98.3%</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Label} {100 * Confidence:0.0}%");
}

/// <summary>A label and its probability in [0, 1].</summary>
public readonly record struct LabelScore<TLabel>(TLabel Label, float Score)
    where TLabel : struct, Enum;
