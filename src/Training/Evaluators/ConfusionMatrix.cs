using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FineTune.Training.Evaluators;

/// <summary>Precision, recall and F1 of a class or an average of classes, each in [0, 1] (0 if there is nothing to divide by), and its images.</summary>
internal readonly record struct ClassScore(double Precision, double Recall, double F1, int Support);

/// <summary>Counts of images by true class (rows) and answer (columns).</summary>
internal sealed class ConfusionMatrix
{
    private readonly int[,] _counts;

    /// <summary>Counts answers.</summary>
    /// <param name="classes">The labels in the order of their indices.</param>
    /// <param name="truth">The true class of each image.</param>
    /// <param name="answers">The answer for each image.</param>
    public ConfusionMatrix(IReadOnlyList<string> classes, ReadOnlySpan<long> truth, ReadOnlySpan<long> answers)
    {
        Classes = classes;
        _counts = new int[classes.Count, classes.Count];
        for (int i = 0; i < truth.Length; i++) _counts[truth[i], answers[i]]++;
        Count = truth.Length;
        for (int c = 0; c < classes.Count; c++) Correct += _counts[c, c];
    }

    /// <summary>Takes counts.</summary>
    /// <param name="classes">The labels in the order of their indices.</param>
    /// <param name="rows">For each true class, the number of images with each answer.</param>
    public ConfusionMatrix(IReadOnlyList<string> classes, int[][] rows)
    {
        Classes = classes;
        _counts = new int[classes.Count, classes.Count];
        for (int truth = 0; truth < classes.Count; truth++)
        {
            for (int answer = 0; answer < classes.Count; answer++) _counts[truth, answer] = rows[truth][answer];
            Count += rows[truth].Sum();
            Correct += rows[truth][truth];
        }
    }

    public IReadOnlyList<string> Classes { get; }

    public int Count { get; }

    public int Correct { get; }

    public double Accuracy => Count == 0 ? 0 : (double)Correct / Count;

    /// <summary>For each true class, the number of images with each answer.</summary>
    public int[][] Rows() =>
        [.. Enumerable.Range(0, Classes.Count).Select(truth => Enumerable.Range(0, Classes.Count).Select(answer => _counts[truth, answer]).ToArray())];

    public ClassScore Score(int index)
    {
        int support = 0, answered = 0;
        for (int other = 0; other < Classes.Count; other++)
        {
            support += _counts[index, other];
            answered += _counts[other, index];
        }
        int right = _counts[index, index];
        double precision = answered == 0 ? 0 : (double)right / answered;
        double recall = support == 0 ? 0 : (double)right / support;
        double f1 = support + answered == 0 ? 0 : 2.0 * right / (support + answered);
        return new ClassScore(precision, recall, f1, support);
    }

    /// <summary>The mean over classes, either unweighted or weighted by their numbers of images.</summary>
    public ClassScore Average(bool weighted)
    {
        double precision = 0, recall = 0, f1 = 0;
        for (int c = 0; c < Classes.Count; c++)
        {
            ClassScore score = Score(c);
            double weight = weighted ? (double)score.Support / Math.Max(Count, 1) : 1.0 / Classes.Count;
            precision += weight * score.Precision;
            recall += weight * score.Recall;
            f1 += weight * score.F1;
        }
        return new ClassScore(precision, recall, f1, Count);
    }

    /// <summary>The table that scikit-learn's <c>classification_report</c> prints.</summary>
    public string Report()
    {
        int width = Math.Max(Classes.Max(static c => c.Length), "weighted avg".Length);
        var text = new StringBuilder();
        text.Append(Invariant($"{"".PadLeft(width)}  {"precision",9} {"recall",9} {"f1-score",9} {"support",9}\n\n"));
        for (int c = 0; c < Classes.Count; c++) Row(Classes[c], Score(c));
        text.Append(Invariant($"\n{"accuracy".PadLeft(width)}  {"",9} {"",9} {Accuracy,9:0.00} {Count,9}\n"));
        Row("macro avg", Average(weighted: false));
        Row("weighted avg", Average(weighted: true));
        return text.ToString();

        void Row(string name, ClassScore score) => text.Append(Invariant(
            $"{name.PadLeft(width)}  {score.Precision,9:0.00} {score.Recall,9:0.00} {score.F1,9:0.00} {score.Support,9}\n"));
    }

    /// <summary>The counts as a table: a row for each true class, a column for each answer, in the same order.</summary>
    public string Table()
    {
        int width = Classes.Max(static c => c.Length);
        int digits = Math.Max(2, Count.ToString(CultureInfo.InvariantCulture).Length);
        var text = new StringBuilder();
        for (int truth = 0; truth < Classes.Count; truth++)
        {
            text.Append(Classes[truth].PadLeft(width)).Append(' ');
            for (int answer = 0; answer < Classes.Count; answer++)
            {
                string count = _counts[truth, answer] == 0 ? "." : _counts[truth, answer].ToString(CultureInfo.InvariantCulture);
                text.Append(' ').Append(count.PadLeft(digits));
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The most frequent confusions, in descending order.</summary>
    /// <param name="count">The largest number of them.</param>
    public IReadOnlyList<(string Truth, string Answer, int Count, int Support)> Worst(int count) =>
    [
        .. Enumerable.Range(0, Classes.Count)
            .SelectMany(truth => Enumerable.Range(0, Classes.Count)
                .Where(answer => answer != truth && _counts[truth, answer] > 0)
                .Select(answer => (Truth: Classes[truth], Answer: Classes[answer], Count: _counts[truth, answer], Score(truth).Support)))
            .OrderByDescending(static c => c.Count)
            .Take(count),
    ];

    /// <summary>The same numbers under scikit-learn's names (<c>output_dict=True</c>), and the counts.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("report");
        for (int c = 0; c < Classes.Count; c++) Write(json, Classes[c], Score(c));
        json.WriteNumber("accuracy", Accuracy);
        Write(json, "macro avg", Average(weighted: false));
        Write(json, "weighted avg", Average(weighted: true));
        json.WriteEndObject();
        json.WriteStartArray("confusion_matrix");
        for (int truth = 0; truth < Classes.Count; truth++)
        {
            json.WriteStartArray();
            for (int answer = 0; answer < Classes.Count; answer++) json.WriteNumberValue(_counts[truth, answer]);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, ClassScore score)
    {
        json.WriteStartObject(name);
        json.WriteNumber("precision", score.Precision);
        json.WriteNumber("recall", score.Recall);
        json.WriteNumber("f1-score", score.F1);
        json.WriteNumber("support", score.Support);
        json.WriteEndObject();
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
