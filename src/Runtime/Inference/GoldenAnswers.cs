using System.Globalization;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>The exact logits of the check image, as a weight file carries them in its metadata.</summary>
internal static class GoldenAnswers
{
    /// <summary>Their key in the metadata.</summary>
    public const string Key = "finetune.golden";

    /// <summary>Writes logits as text.</summary>
    /// <param name="logits">float64 <c>[1, classes]</c>.</param>
    public static string Format(Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        return string.Join(' ', logits.data<double>().ToArray().Select(static logit => ((float)logit).ToString("R", CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads them back.</summary>
    /// <returns>float64 <c>[1, classes]</c>.</returns>
    /// <exception cref="InvalidDataException">The text is not a list of numbers.</exception>
    public static Tensor Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double[] logits = new double[words.Length];
        for (int i = 0; i < logits.Length; i++)
        {
            if (!double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out logits[i]) || !double.IsFinite(logits[i]))
            {
                throw new InvalidDataException($"The weight file's '{Key}' is damaged: '{words[i]}' is not a number.");
            }
        }
        return tensor(logits, [1, logits.Length]);
    }
}
