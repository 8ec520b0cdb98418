using System.Globalization;
using System.Text;
using System.Text.Json;
using FineTune.Training.Stages;

namespace FineTune.Training.Evaluators;

/// <summary>Evaluations as text and as JSON.</summary>
internal static class EvaluationReport
{
    /// <summary>The largest number of classes with a readable confusion matrix; that of a thousand classes has a million numbers.</summary>
    private const int LargestTable = 20;

    private const int WorstConfusions = 20;

    /// <summary>The classification report, and the confusion matrix or, if there are many classes, the most frequent confusions.</summary>
    public static string Text(ConfusionMatrix confusion) => confusion.Classes.Count <= LargestTable
        ? $"{confusion.Report()}\nconfusion matrix (rows: truth, columns: answers)\n\n{confusion.Table()}"
        : $"{confusion.Report()}\nmost frequent confusions (the JSON report has all)\n\n{Confusions(confusion)}";

    private static string Confusions(ConfusionMatrix confusion)
    {
        var text = new StringBuilder();
        foreach ((string truth, string answer, int count, int support) in confusion.Worst(WorstConfusions))
        {
            text.Append(CultureInfo.InvariantCulture, $"{count,5} of {support} {truth} as {answer}\n");
        }
        return text.ToString();
    }

    /// <summary>The same numbers for each stage, as JSON.</summary>
    public static string Json(IEnumerable<(string Stage, Evaluation Evaluation)> evaluations)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach ((string stage, Evaluation evaluation) in evaluations)
            {
                json.WriteStartObject();
                json.WriteString("stage", stage);
                json.WriteNumber("loss", evaluation.Loss);
                evaluation.Confusion.Write(json);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
