using System.Security;

namespace ModelSpec.Generator.Emit;

/// <summary>Text of a spec within the comments of generated source, which it must not end.</summary>
internal static class Comments
{
    /// <summary>The text on one line: line ends and other control characters become spaces.</summary>
    public static string OneLine(string text) => string.Concat(text.Select(static c => IsLineEndOrControl(c) ? ' ' : c));

    /// <summary>The text as documentation XML has it, on one line.</summary>
    public static string Xml(string text)
    {
        string line = OneLine(text);
        IEnumerable<char> valid = line.Select((c, i) => IsXml(line, i) ? c : '\uFFFD');
        return SecurityElement.Escape(string.Concat(valid)) ?? "";
    }

    private static bool IsLineEndOrControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';

    /// <summary>Halves of characters and the two non-characters are not allowed in XML.</summary>
    private static bool IsXml(string text, int at) => text[at] switch
    {
        '\uFFFE' or '\uFFFF' => false,
        >= '\uD800' and <= '\uDBFF' => at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]),
        >= '\uDC00' and <= '\uDFFF' => at > 0 && char.IsHighSurrogate(text[at - 1]),
        _ => true,
    };
}
