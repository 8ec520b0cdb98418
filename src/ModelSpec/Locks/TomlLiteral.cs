using System.Globalization;
using System.Text;
using ModelSpec.Text;
using ModelSpec.Toml;

namespace ModelSpec.Locks;

/// <summary>Writes TOML values in one canonical form, so that equal values are equal text.</summary>
public static class TomlLiteral
{
    /// <summary>An array with more characters than this is written on several lines, one for each element.</summary>
    private const int LongestLine = 100;

    /// <summary>A basic string.</summary>
    public static string Of(string value)
    {
        var text = new StringBuilder("\"", value.Length + 2);
        foreach (char c in value)
        {
            if (c is '"' or '\\') text.Append('\\').Append(c);
            else if (c < ' ' || c == '\x7f') text.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            else text.Append(c);
        }
        return text.Append('"').ToString();
    }

    /// <summary>A whole number.</summary>
    public static string Of(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number with as few digits as identify it; whole numbers have no decimal point.</summary>
    public static string Of(double value) => RoundTripNumber.Format(value).ToLowerInvariant();

    /// <summary>A truth value.</summary>
    public static string Of(bool value) => value ? "true" : "false";

    /// <summary>An array of literals.</summary>
    public static string Array(IEnumerable<string> literals)
    {
        string[] items = literals.ToArray();
        string line = "[" + string.Join(", ", items) + "]";
        return line.Length <= LongestLine ? line : "[\n" + string.Concat(items.Select(static item => $"  {item},\n")) + "]";
    }

    /// <summary>The literal of a value that was read.</summary>
    internal static string Of(TomlValue value) => value switch
    {
        TomlScalar { Value: string text } => Of(text),
        TomlScalar { Value: long number } => Of(number),
        TomlScalar { Value: double number } => Of(number),
        TomlScalar { Value: bool truth } => Of(truth),
        TomlList list => Array(list.Items.Select(Of)),
        _ => "?",
    };
}
