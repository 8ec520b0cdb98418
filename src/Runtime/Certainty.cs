using System.Globalization;
using FineTune.Inference;

namespace FineTune;

/// <summary>
/// What a classifier learnt from validation images about its own probabilities: the temperature that makes them agree with frequencies, the
/// confidence from which answers count as certain, and how probable the true labels were. Weight files carry it in their metadata.
/// </summary>
/// <seealso cref="Prediction{TLabel}.IsCertain"/>
public sealed record Certainty
{
    /// <summary>Nothing: the probabilities are the softmax of the logits, every answer is certain, and there are no sets of labels.</summary>
    public static Certainty None { get; } = new();

    /// <summary>
    /// What the logits are divided by before the softmax, above 0; 1 where the spec does not say <c>calibrate</c>. Where the mirrored image is
    /// evaluated too, the logits are the logarithms of the mean of both probabilities. It does not change which label is the most probable.
    /// C. Guo et al., "On Calibration of Modern Neural Networks", arXiv:1706.04599.
    /// </summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The share of certain answers that the spec wants to be right (<c>accept</c>), in (0, 1); null where it does not say.</summary>
    public double? Accept { get; init; }

    /// <summary>
    /// The smallest confidence of a certain answer, in [0, 1]; infinite where the validation images show for no confidence that
    /// <see cref="Accept"/> is reached, so that no answer is certain; null without <see cref="Accept"/>.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>The probabilities of the true labels of validation images, for <see cref="Prediction{TLabel}.Set"/>; null if there are none.</summary>
    internal TrueProbabilities? TrueLabels { get; init; }

    /// <summary>Whether an answer counts as certain.</summary>
    /// <param name="confidence">The probability of the most probable label.</param>
    internal bool IsCertain(float confidence) => Threshold is not { } threshold || confidence >= threshold;

    /// <summary>Changes probabilities to those of the logits divided by the temperature.</summary>
    /// <param name="probabilities">Rows of probabilities at the temperature 1, one after another; they are overwritten.</param>
    /// <param name="classes">The length of a row.</param>
    internal void Apply(Span<double> probabilities, int classes)
    {
        if (Temperature == 1) return;
        for (int start = 0; start < probabilities.Length; start += classes)
        {
            Span<double> row = probabilities.Slice(start, classes);
            double largest = 0, sum = 0;
            foreach (double probability in row) largest = Math.Max(largest, probability);
            foreach (ref double probability in row) sum += probability = Math.Pow(probability / largest, 1 / Temperature);
            foreach (ref double probability in row) probability /= sum;
        }
    }

    /// <summary>The entries for the metadata of a weight file; none for <see cref="None"/>.</summary>
    internal IReadOnlyDictionary<string, string> ToMetadata()
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        if (Temperature != 1) metadata[TemperatureKey] = Format(Temperature);
        if (Accept is { } accept) metadata[AcceptKey] = Format(accept);
        if (Threshold is { } threshold) metadata[ThresholdKey] = double.IsFinite(threshold) ? Format(threshold) : NoThreshold;
        if (TrueLabels is { } trueLabels) metadata[TrueLabelsKey] = trueLabels.ToString();
        return metadata;
    }

    /// <summary>Reads what the metadata of a weight file says; <see cref="None"/> where it says nothing, as in files of earlier versions.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <exception cref="InvalidDataException">An entry is damaged.</exception>
    internal static Certainty Read(IReadOnlyDictionary<string, string> metadata)
    {
        double? threshold = metadata.GetValueOrDefault(ThresholdKey) == NoThreshold ? double.PositiveInfinity : Number(ThresholdKey, 0, 1);
        return new Certainty
        {
            Temperature = Number(TemperatureKey, double.Epsilon, double.MaxValue) ?? 1,
            Accept = Number(AcceptKey, 0, 1),
            Threshold = threshold,
            TrueLabels = metadata.TryGetValue(TrueLabelsKey, out string? text) ? TrueProbabilities.Parse(text) : null,
        };

        double? Number(string key, double least, double most)
        {
            if (!metadata.TryGetValue(key, out string? value)) return null;
            return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
                ? number
                : throw new InvalidDataException($"The weight file's '{key}' is damaged: '{value}' is not a number in its range.");
        }
    }

    /// <summary>Whether a key of the metadata is one of these, so that a file without them is the one that the last stage wrote.</summary>
    internal static bool IsKey(string key) => key is TemperatureKey or AcceptKey or ThresholdKey or TrueLabelsKey;

    /// <summary>The key of the temperature in the metadata of weight files.</summary>
    internal const string TemperatureKey = "finetune.temperature";

    /// <summary>The key of the share of right answers among certain ones.</summary>
    internal const string AcceptKey = "finetune.accept";

    /// <summary>The key of the smallest confidence of a certain answer.</summary>
    internal const string ThresholdKey = "finetune.threshold";

    /// <summary>The key of the probabilities of true labels.</summary>
    internal const string TrueLabelsKey = "finetune.true_probabilities";

    /// <summary>What stands for a threshold that no answer reaches.</summary>
    private const string NoThreshold = "none";

    private static string Format(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
