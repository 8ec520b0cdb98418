using ModelSpec.Text;

namespace ModelSpec.Language;

/// <summary>
/// The <c>[quality]</c> table: what is required of the trained network, and how well it is known. The weights do not depend on it.
/// </summary>
/// <param name="MinAccuracy">The smallest accepted share of right answers to the test images, in (0, 1]; null for none.</param>
/// <param name="MaxDrop">How much lower than that of the lock the test accuracy can be, in [0, 1); null for any.</param>
/// <param name="CrossValidation">The number of folds of the cross-validation, at least 2; null for none.</param>
public sealed record QualitySection(Located<double>? MinAccuracy, Located<double>? MaxDrop, Located<int>? CrossValidation)
{
    /// <summary>The largest number of folds.</summary>
    public const int MostFolds = 100;

    /// <summary>Nothing is required.</summary>
    public static QualitySection None { get; } = new(null, null, null);
}
