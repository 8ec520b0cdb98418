using System.Globalization;
using ModelSpec.Locks;

namespace FineTune.Training.Quality;

/// <summary>The result of a cross-validation.</summary>
/// <param name="Folds">The images of each fold, and how many of them were answered right by the head that was trained on the other folds.</param>
internal sealed record CrossValidationResult(IReadOnlyList<Fold> Folds)
{
    /// <summary>The mean of the folds' accuracies, in [0, 1].</summary>
    public double Accuracy => Folds.Average(static fold => fold.Accuracy);

    /// <summary>Their standard deviation, with the number of folds minus one as the divisor.</summary>
    public double Deviation => Math.Sqrt(Folds.Sum(fold => Math.Pow(fold.Accuracy - Accuracy, 2)) / (Folds.Count - 1));

    /// <summary>The table of the lock.</summary>
    public IReadOnlyList<Fact> Facts =>
    [
        Fact("accuracies", TomlLiteral.Array(Folds.Select(static fold => Number(fold.Accuracy)))),
        Fact("accuracy", Number(Accuracy)),
        Fact("deviation", Number(Deviation)),
        Fact("folds", TomlLiteral.Of(Folds.Count)),
        Fact("images", TomlLiteral.Of(Folds.Sum(static fold => fold.Images))),
    ];

    /// <summary>The result in one line.</summary>
    /// <param name="stage">The stage whose head was trained.</param>
    public string Describe(string stage) => string.Create(
        CultureInfo.InvariantCulture,
        $"cross-validation of {stage} in {Folds.Count} folds of {Folds.Sum(static fold => fold.Images)} training images, accuracy {100 * Accuracy:0.00}% ± {100 * Deviation:0.00}% (mean and standard deviation)");

    private static Fact Fact(string key, string value) => new(TrainingLock.CrossValidation, 0, key, value);

    private static string Number(double value) => TomlLiteral.Of(Math.Round(value, 6));
}

/// <summary>A fold of a cross-validation.</summary>
/// <param name="Images">The number of its images.</param>
/// <param name="Right">How many of them were answered right.</param>
internal sealed record Fold(int Images, int Right)
{
    /// <summary>The share of right answers, in [0, 1].</summary>
    public double Accuracy => (double)Right / Images;
}
