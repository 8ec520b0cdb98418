using System.Globalization;

namespace FineTune.Training.Calibration;

/// <summary>How many answers are certain, and how many of those are right.</summary>
/// <param name="All">All answers.</param>
/// <param name="Certain">The certain ones.</param>
/// <param name="Right">The right ones among them.</param>
internal readonly record struct CertainShare(int All, int Certain, int Right)
{
    /// <summary>The share of answers that are certain, in [0, 1].</summary>
    public double Coverage => All == 0 ? 0 : (double)Certain / All;

    /// <summary>The share of certain answers that are right; null if none is certain.</summary>
    public double? Accuracy => Certain == 0 ? null : (double)Right / Certain;

    /// <summary>Counts answers.</summary>
    public static CertainShare Of(IReadOnlyList<ScoredAnswer> answers, Certainty certainty)
    {
        ScoredAnswer[] certain = [.. answers.Where(answer => certainty.IsCertain(answer.Confidence))];
        return new CertainShare(answers.Count, certain.Length, certain.Count(static answer => answer.IsRight));
    }

    /// <summary>For example <c>310 of 340 test images (91.2%), 98.7% of them right</c>.</summary>
    /// <param name="images">What the images are.</param>
    public string Describe(string images)
    {
        string right = Accuracy is { } accuracy ? string.Create(CultureInfo.InvariantCulture, $", {100 * accuracy:0.0}% of them right") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Certain} of {All} {images} ({100 * Coverage:0.0}%){right}");
    }
}
