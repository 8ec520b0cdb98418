using System.Globalization;

namespace FineTune.Inference;

/// <summary>The exact logits of the check image, as a weight file carries them in its metadata.</summary>
internal static class GoldenAnswers
{
    /// <summary>Their key in the metadata.</summary>
    public const string Key = "finetune.golden";

    /// <summary>Writes logits as text.</summary>
    /// <param name="logits">The logits of each class.</param>
    public static string Format(IEnumerable<double> logits) =>
        string.Join(' ', logits.Select(static logit => ((float)logit).ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>Reads them back.</summary>
    /// <param name="text">The text.</param>
    /// <param name="classes">How many there must be.</param>
    /// <exception cref="InvalidDataException">The text is not a list of so many numbers.</exception>
    public static double[] Parse(string text, int classes)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double[] logits = new double[words.Length];
        for (int i = 0; i < logits.Length; i++)
        {
            if (!double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out logits[i]) || !double.IsFinite(logits[i]))
            {
                throw new InvalidDataException($"The weight file's '{Key}' is damaged: '{words[i]}' is not a number.");
            }
        }
        return logits.Length == classes
            ? logits
            : throw new InvalidDataException($"The weight file's '{Key}' is damaged: it has {logits.Length} numbers for {classes} classes.");
    }
}
