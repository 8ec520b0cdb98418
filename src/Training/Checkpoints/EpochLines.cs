using System.Globalization;
using FineTune.Pipeline;

namespace FineTune.Training.Checkpoints;

/// <summary>
/// Figures of epochs as text, a line for each: the epoch, loss, accuracy, seconds, and loss and accuracy of validation images where there are
/// some. A file of such lines grows by one line an epoch.
/// </summary>
internal static class EpochLines
{
    private const int Fields = 4, FieldsWithValidation = 6;

    /// <summary>The line of an epoch. Numbers are written so that they are read as the same.</summary>
    public static string Format(TrainedEpoch epoch)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{epoch.Epoch} {epoch.Loss:R} {epoch.Accuracy:R} {epoch.Seconds:R}");
        return epoch is { ValidationLoss: { } loss, ValidationAccuracy: { } accuracy }
            ? string.Create(CultureInfo.InvariantCulture, $"{line} {loss:R} {accuracy:R}")
            : line;
    }

    /// <summary>Reads lines.</summary>
    /// <returns>The epochs in order; of several lines for one, the last. Damaged lines are left out.</returns>
    public static IReadOnlyList<TrainedEpoch> Read(IEnumerable<string> lines)
    {
        SortedDictionary<int, TrainedEpoch> epochs = [];
        foreach (string line in lines)
        {
            if (Parse(line) is { } epoch) epochs[epoch.Epoch] = epoch;
        }
        return [.. epochs.Values];
    }

    private static TrainedEpoch? Parse(string line)
    {
        string[] fields = line.Split(' ');
        if (fields.Length is not (Fields or FieldsWithValidation) || !int.TryParse(fields[0], CultureInfo.InvariantCulture, out int epoch)) return null;
        double[] numbers = new double[fields.Length - 1];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!double.TryParse(fields[i + 1], CultureInfo.InvariantCulture, out numbers[i])) return null;
        }
        var read = new TrainedEpoch(epoch, numbers[0], numbers[1], numbers[2]);
        return fields.Length == Fields ? read : read with { ValidationLoss = numbers[3], ValidationAccuracy = numbers[4] };
    }
}
