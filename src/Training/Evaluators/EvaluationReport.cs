using System.Globalization;
using System.Text;
using System.Text.Json;
using FineTune.Training.Calibration;
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

    /// <summary>The same, and how many answers are certain if the weights have a threshold.</summary>
    /// <param name="evaluation">The evaluation, at the temperature 1.</param>
    /// <param name="certainty">What the weights say about certainty.</param>
    public static string Text(Evaluation evaluation, Certainty certainty)
    {
        string text = Text(evaluation.Confusion);
        return certainty.Threshold is null ? text : $"{text}\ncertain: {ShareOf(evaluation, certainty).Describe("images")}\n";
    }

    private static CertainShare ShareOf(Evaluation evaluation, Certainty certainty) => CertainShare.Of(
        ScoredAnswer.Of(new TestAnswers([], evaluation.Labels, evaluation.Logits), evaluation.Confusion.Classes.Count, certainty), certainty);

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
    /// <param name="evaluations">The evaluations, at the temperature 1.</param>
    /// <param name="certainty">What the weights say about certainty; with it, losses are those at its temperature, and there is an object <c>certain</c>.</param>
    public static string Json(IEnumerable<(string Stage, Evaluation Evaluation)> evaluations, Certainty? certainty = null)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach ((string stage, Evaluation evaluation) in evaluations)
            {
                json.WriteStartObject();
                json.WriteString("stage", stage);
                json.WriteNumber("loss", evaluation.At(certainty?.Temperature ?? 1).Loss);
                evaluation.Confusion.Write(json);
                if (certainty is not null) Write(json, ShareOf(evaluation, certainty), certainty);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, CertainShare share, Certainty certainty)
    {
        json.WriteStartObject("certain");
        if (certainty.Threshold is { } threshold && double.IsFinite(threshold)) json.WriteNumber("threshold", threshold);
        else json.WriteNull("threshold");
        json.WriteNumber("images", share.Certain);
        json.WriteNumber("coverage", share.Coverage);
        if (share.Accuracy is { } accuracy) json.WriteNumber("accuracy", accuracy);
        else json.WriteNull("accuracy");
        json.WriteEndObject();
    }
}
