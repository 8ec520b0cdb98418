using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FineTune.Training.Stages;

/// <summary>Evaluations for people and for programs.</summary>
internal static class EvaluationReport
{
    /// <summary>The classification report and the confusion matrix.</summary>
    public static string Text(Evaluation evaluation) => string.Create(CultureInfo.InvariantCulture,
        $"{evaluation.Confusion.Report()}\nconfusion matrix (rows: truth, columns: answers)\n\n{evaluation.Confusion.Table()}");

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
