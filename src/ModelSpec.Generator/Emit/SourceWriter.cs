using System.Text;

namespace ModelSpec.Generator.Emit;

/// <summary>Writes indented source, with <c>\n</c> line ends on every system.</summary>
internal sealed class SourceWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>A text as a C# literal.</summary>
    public static string Quote(string text) => Microsoft.CodeAnalysis.CSharp.SymbolDisplay.FormatLiteral(text, quote: true);

    public void Line(string text = "")
    {
        if (text.Length > 0) _text.Append(' ', 4 * _depth).Append(text);
        _text.Append('\n');
    }

    /// <summary>A documentation comment of one line.</summary>
    public void Summary(string text) => Line($"/// <summary>{text}</summary>");

    /// <summary>Opens a block; disposing closes it.</summary>
    public Block Open(string header)
    {
        Line(header);
        return OpenBody();
    }

    /// <summary>Opens a block whose header is written already.</summary>
    public Block OpenBody()
    {
        Line("{");
        _depth++;
        return new Block(this);
    }

    public override string ToString() => _text.ToString();

    /// <summary>An open block.</summary>
    public readonly struct Block(SourceWriter writer) : IDisposable
    {
        public void Dispose()
        {
            writer._depth--;
            writer.Line("}");
        }
    }
}
