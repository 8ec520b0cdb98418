using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace FineTune.Training.Predictions;

/// <summary>Writes answers one by one, in one format. Disposing it writes what is left.</summary>
internal abstract class AnswerWriter : IDisposable
{
    /// <summary>The names of the formats.</summary>
    public static readonly string[] Formats = ["table", "json", "csv"];

    /// <summary>Writes the next answer.</summary>
    public abstract void Write(FileAnswer answer);

    /// <inheritdoc />
    public abstract void Dispose();

    /// <summary>Makes the writer of a format.</summary>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="output">Where to write.</param>
    /// <param name="console">The terminal that gets a drawn table; null to write plain lines.</param>
    /// <param name="top">The most classes of an answer.</param>
    public static AnswerWriter Create(string format, TextWriter output, IAnsiConsole? console, int top) => format switch
    {
        "json" => new JsonAnswerWriter(output),
        "csv" => new CsvAnswerWriter(output, top),
        _ when console is not null => new TableAnswerWriter(console, top),
        _ => new PlainAnswerWriter(output),
    };

    /// <summary>What is told people of an answer below the threshold of the weights.</summary>
    protected const string NotCertain = "not certain";

    /// <summary>A probability for people, such as <c>98.3%</c>.</summary>
    protected static string Percent(float score) => string.Create(CultureInfo.InvariantCulture, $"{100 * score:0.0}%");
}

/// <summary>One line for each answer: file, class and percentage, separated by tabs; further classes follow, and <c>not certain</c> where the answer is not. Files without an answer are left out.</summary>
internal sealed class PlainAnswerWriter(TextWriter output) : AnswerWriter
{
    /// <inheritdoc />
    public override void Write(FileAnswer answer)
    {
        if (answer.Error is null) output.WriteLine(string.Join('\t', [answer.Path, .. answer.Ranking.SelectMany(static r => (string[])[r.Label, Percent(r.Score)]), .. answer.IsCertain ? (string[])[] : [NotCertain]]));
    }

    /// <inheritdoc />
    public override void Dispose() => output.Flush();
}

/// <summary>Tables on a terminal, of up to 200 files each, so that the first ones appear soon.</summary>
internal sealed class TableAnswerWriter(IAnsiConsole console, int top) : AnswerWriter
{
    private const int LargestTable = 200;

    private Table? _table;

    /// <inheritdoc />
    public override void Write(FileAnswer answer)
    {
        if (answer.Error is not null) return;
        if (_table is null)
        {
            _table = new Table().RoundedBorder();
            _table.AddColumn("file");
            for (int i = 0; i < top; i++) _table.AddColumn(i == 0 ? "class" : FormattableString.Invariant($"class {i + 1}")).AddColumn(new TableColumn("").RightAligned());
        }
        string mark = answer.IsCertain ? "" : $"{NotCertain}: ";
        _table.AddRow([new Text(mark + answer.Path), .. answer.Ranking.SelectMany(static r => (Text[])[new Text(r.Label), new Text(Percent(r.Score))])]);
        if (_table.Rows.Count == LargestTable) Dispose();
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        if (_table is not null) console.Write(_table);
        _table = null;
    }
}

/// <summary>Comma-separated values as in RFC 4180, with a header. A file without an answer has empty cells and its error in the last one; the cell before it says
/// <c>true</c> if the answer is certain, and <c>false</c> otherwise.</summary>
internal sealed class CsvAnswerWriter : AnswerWriter
{
    private readonly TextWriter _output;
    private readonly int _top;

    /// <summary>Writes the header.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="top">The most classes of an answer.</param>
    public CsvAnswerWriter(TextWriter output, int top)
    {
        _output = output;
        _top = top;
        WriteRow(["file", .. Enumerable.Range(1, top).SelectMany(static k => k == 1 ? (string[])["label", "confidence"] : [$"label_{k}", $"confidence_{k}"]), "certain", "error"]);
    }

    /// <inheritdoc />
    public override void Write(FileAnswer answer)
    {
        IEnumerable<string> ranking = answer.Ranking.SelectMany(static r => (string[])[r.Label, r.Score.ToString("R", CultureInfo.InvariantCulture)]);
        WriteRow([answer.Path, .. ranking, .. Enumerable.Repeat("", 2 * (_top - answer.Ranking.Count)), Certain(answer), answer.Error ?? ""]);
    }

    /// <inheritdoc />
    public override void Dispose() => _output.Flush();

    private static string Certain(FileAnswer answer) => answer.Error is not null ? "" : answer.IsCertain ? "true" : "false";

    private void WriteRow(IEnumerable<string> cells) => _output.Write(string.Join(',', cells.Select(Quote)) + "\r\n");

    private static string Quote(string cell) => cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>
/// A JSON array with one object on each line: <c>file</c>, <c>label</c>, <c>confidence</c>, <c>certain</c> and <c>top</c>, or <c>file</c> and
/// <c>error</c>.
/// </summary>
internal sealed class JsonAnswerWriter : AnswerWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _output;
    private bool _hasRows;

    /// <summary>Begins the array.</summary>
    /// <param name="output">Where to write.</param>
    public JsonAnswerWriter(TextWriter output)
    {
        _output = output;
        _output.Write('[');
    }

    /// <inheritdoc />
    public override void Write(FileAnswer answer)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("file", answer.Path);
            if (answer.Error is not null) json.WriteString("error", answer.Error);
            else WriteRanking(json, answer.Ranking, answer.IsCertain);
            json.WriteEndObject();
        }
        _output.Write((_hasRows ? ",\n" : "\n") + Encoding.UTF8.GetString(bytes.ToArray()));
        _hasRows = true;
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _output.Write("\n]\n");
        _output.Flush();
    }

    private static void WriteRanking(Utf8JsonWriter json, IReadOnlyList<RankedLabel> ranking, bool isCertain)
    {
        json.WriteString("label", ranking[0].Label);
        json.WriteNumber("confidence", ranking[0].Score);
        json.WriteBoolean("certain", isCertain);
        json.WriteStartArray("top");
        foreach (RankedLabel ranked in ranking)
        {
            json.WriteStartObject();
            json.WriteString("label", ranked.Label);
            json.WriteNumber("confidence", ranked.Score);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
