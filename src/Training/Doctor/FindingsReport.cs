using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace FineTune.Training.Doctor;

/// <summary>Findings as people and as programs read them.</summary>
internal static class FindingsReport
{
    /// <summary>A table on a terminal.</summary>
    public static void Draw(IReadOnlyList<Finding> findings, IAnsiConsole console)
    {
        Table table = new Table().RoundedBorder().AddColumn("").AddColumn("").AddColumn("").AddColumn("");
        table.HideHeaders();
        string? topic = null;
        foreach (Finding finding in findings)
        {
            (string mark, Color color) = finding.Verdict switch
            {
                Verdict.Ok => ("ok", Color.Green),
                Verdict.Warning => ("warning", Color.Yellow),
                _ => ("error", Color.Red),
            };
            string text = finding.Advice is null ? finding.Value : $"{finding.Value}\n{finding.Advice}";
            table.AddRow(new Text(finding.Topic == topic ? "" : finding.Topic, new Style(decoration: Decoration.Bold)), new Text(finding.Name), new Text(mark, new Style(color)), new Text(text));
            topic = finding.Topic;
        }
        console.Write(table);
    }

    /// <summary>A line for each finding, and one for its advice.</summary>
    public static string Text(IReadOnlyList<Finding> findings)
    {
        var text = new StringBuilder();
        int topic = 2 + findings.Max(static finding => finding.Topic.Length), name = 2 + findings.Max(static finding => finding.Name.Length);
        foreach (Finding finding in findings)
        {
            string mark = finding.Verdict == Verdict.Ok ? "ok" : finding.Verdict == Verdict.Warning ? "warning" : "error";
            text.Append($"{mark,-9}{finding.Topic.PadRight(topic)}{finding.Name.PadRight(name)}{finding.Value}\n");
            if (finding.Advice is not null) text.Append(' ', 9 + topic + name).Append(finding.Advice).Append('\n');
        }
        return text.ToString();
    }

    /// <summary><c>{ "ok": …, "findings": [ { "topic", "name", "value", "verdict", "advice" } ] }</c>; <c>ok</c> is false where one is an error.</summary>
    public static string Json(IReadOnlyList<Finding> findings)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", findings.All(static finding => finding.Verdict != Verdict.Error));
            json.WriteStartArray("findings");
            foreach (Finding finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("topic", finding.Topic);
                json.WriteString("name", finding.Name);
                json.WriteString("value", finding.Value);
                json.WriteString("verdict", finding.Verdict.ToString().ToLowerInvariant());
                json.WriteString("advice", finding.Advice);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
