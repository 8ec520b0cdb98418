using System.Globalization;

namespace ModelSpec.Toml;

/// <summary>The numbers that a key accepts, and their description in error messages.</summary>
internal readonly record struct NumberRange(double Low, bool LowIncluded, double High, bool HighIncluded, string Text)
{
    public static NumberRange Above(double low) => new(low, false, double.PositiveInfinity, false, $"above {Show(low)}");

    public static NumberRange AtLeast(double low) => new(low, true, double.PositiveInfinity, false, $"at least {Show(low)}");

    public static NumberRange Closed(double low, double high) => new(low, true, high, true, $"in [{Show(low)}, {Show(high)}]");

    public static NumberRange HalfOpen(double low, double high) => new(low, true, high, false, $"in [{Show(low)}, {Show(high)})");

    public static NumberRange Open(double low, double high) => new(low, false, high, false, $"in ({Show(low)}, {Show(high)})");

    public static NumberRange AboveUpTo(double low, double high) => new(low, false, high, true, $"in ({Show(low)}, {Show(high)}]");

    /// <summary>Finite numbers from one to another, both inclusive; an infinite end is no limit.</summary>
    public static NumberRange Within(double low, double high)
    {
        (bool isFromLow, bool isToHigh) = (!double.IsNegativeInfinity(low), !double.IsPositiveInfinity(high));
        string text = (isFromLow, isToHigh) switch
        {
            (true, true) => $"in [{Show(low)}, {Show(high)}]",
            (true, false) => $"at least {Show(low)}",
            (false, true) => $"at most {Show(high)}",
            _ => "a finite number",
        };
        return new NumberRange(low, isFromLow, high, isToHigh, text);
    }

    public bool Contains(double value) =>
        (LowIncluded ? value >= Low : value > Low) && (HighIncluded ? value <= High : value < High);

    private static string Show(double value) => value.ToString(CultureInfo.InvariantCulture);
}
