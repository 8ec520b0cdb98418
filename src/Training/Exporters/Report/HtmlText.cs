using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace FineTune.Training.Exporters.Report;

/// <summary>Text that is HTML already and is put into a page as it is.</summary>
/// <param name="Html">The HTML.</param>
internal readonly record struct Markup(string Html)
{
    /// <summary>HTML whose holes are escaped, unless they are markup themselves.</summary>
    public static Markup Of(HtmlText text) => new(text.ToString());

    /// <summary>Markup of each item, one after another.</summary>
    public static Markup Join<T>(IEnumerable<T> items, Func<T, Markup> each) => new(string.Concat(items.Select(item => each(item).Html)));
}

/// <summary>
/// An interpolated string of HTML: what is written in the source is markup, what is put into its holes is text and is escaped. A name
/// that somebody else has chosen can therefore not become markup by being forgotten. Numbers are written in the invariant culture.
/// </summary>
[InterpolatedStringHandler]
internal readonly struct HtmlText
{
    private readonly StringBuilder _html;

    public HtmlText(int literalLength, int formattedCount) => _html = new StringBuilder(literalLength + 16 * formattedCount);

    public void AppendLiteral(string value) => _html.Append(value);

    public void AppendFormatted(Markup value) => _html.Append(value.Html);

    public void AppendFormatted(string? value) => _html.Append(WebUtility.HtmlEncode(Printable(value)));

    public void AppendFormatted<T>(T value, string? format = null)
        where T : IFormattable => AppendFormatted(value.ToString(format, CultureInfo.InvariantCulture));

    public override string ToString() => _html.ToString();

    /// <summary>The text with U+FFFD for control characters, which HTML does not allow.</summary>
    private static string? Printable(string? text) => text is null || !text.Any(IsControl) ? text : string.Concat(text.Select(static c => IsControl(c) ? '\uFFFD' : c));

    private static bool IsControl(char c) => char.IsControl(c) && c is not ('\n' or '\r' or '\t');
}
