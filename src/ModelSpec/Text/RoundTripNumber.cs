using System.Globalization;

namespace ModelSpec.Text;

/// <summary>
/// Numbers as text that reads back as the same number. The text is what .NET writes for <c>"R"</c>, but it is the same on .NET
/// Framework, which compilers in an IDE run on: locks and generated code must not depend on the runtime.
/// </summary>
public static class RoundTripNumber
{
    /// <summary>The number of digits that distinguishes any two numbers.</summary>
    private const int MostDigits = 17;

    /// <summary>The text with the fewest digits that reads back as <paramref name="value"/>, for example <c>0.001</c> or <c>1E-08</c>.</summary>
    public static string Format(double value)
    {
        if (value == 0 || double.IsNaN(value) || double.IsInfinity(value)) return Special(value);
        string scientific = "";
        for (int digits = 0; digits < MostDigits; digits++)
        {
            scientific = value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(scientific, NumberStyles.Float, CultureInfo.InvariantCulture) == value) break;
        }
        return Arrange(scientific);
    }

    /// <summary>Only .NET writes the sign of negative zero.</summary>
    private static string Special(double value) =>
        value == 0 ? BitConverter.DoubleToInt64Bits(value) < 0 ? "-0" : "0" : value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Brings <c>1.25E-001</c> into the form of <c>"R"</c>: with an exponent only below 10⁻⁴ and from 10¹⁷ on.</summary>
    private static string Arrange(string scientific)
    {
        int mark = scientific.IndexOf('E');
        string sign = scientific[0] == '-' ? "-" : "";
        string digits = scientific.Substring(sign.Length, mark - sign.Length).Replace(".", "").TrimEnd('0');
        int exponent = int.Parse(scientific.Substring(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= MostDigits)
        {
            string fraction = digits.Length > 1 ? "." + digits.Substring(1) : "";
            return $"{sign}{digits[0]}{fraction}E{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
        }
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return sign + digits.PadRight(exponent + 1, '0');
        return $"{sign}{digits.Substring(0, exponent + 1)}.{digits.Substring(exponent + 1)}";
    }
}
