using ModelSpec.Text;

namespace ModelSpec.Toml;

/// <summary>
/// Finds a string of a TOML text that is not terminated. A parser reports the error only where the following text is invalid, which can be many
/// lines further down.
/// </summary>
internal static class UnterminatedString
{
    /// <summary>The opening quotes of the first unterminated string, or null if every string is terminated.</summary>
    public static SourceSpan? Find(string text)
    {
        int at = 0;
        while (at < text.Length)
        {
            switch (text[at])
            {
                case '#':
                    at = EndOfLine(text, at);
                    break;
                case '"' or '\'':
                    int quotes = IsTriple(text, at) ? 3 : 1;
                    int end = quotes == 3 ? EndOfLines(text, at) : EndInLine(text, at);
                    if (end < 0) return Span(text, at, quotes);
                    at = end;
                    break;
                default:
                    at++;
                    break;
            }
        }
        return null;
    }

    private static int EndInLine(string text, int start)
    {
        for (int i = start + 1; i < text.Length && text[i] is not ('\n' or '\r'); i++)
        {
            if (text[i] == text[start]) return i + 1;
            if (text[i] == '\\' && text[start] == '"' && i + 1 < text.Length && text[i + 1] is not ('\n' or '\r')) i++;
        }
        return -1;
    }

    private static int EndOfLines(string text, int start)
    {
        for (int i = start + 3; i < text.Length; i++)
        {
            if (text[i] == '\\' && text[start] == '"')
            {
                i++;
            }
            else if (text[i] == text[start] && IsTriple(text, i))
            {
                // Up to two quotes may directly precede the closing ones.
                int end = i + 3;
                while (end < text.Length && end < i + 5 && text[end] == text[start]) end++;
                return end;
            }
        }
        return -1;
    }

    private static bool IsTriple(string text, int at) => at + 2 < text.Length && text[at + 1] == text[at] && text[at + 2] == text[at];

    private static int EndOfLine(string text, int at)
    {
        int end = text.IndexOf('\n', at);
        return end < 0 ? text.Length : end;
    }

    private static SourceSpan Span(string text, int at, int length)
    {
        int line = 1 + text.Take(at).Count(static c => c == '\n');
        int column = at - text.LastIndexOf('\n', at);
        return new SourceSpan(at, length, line, column, line, column + length);
    }
}
