using System.Globalization;

namespace FineTune.Training;

/// <summary>Amounts of memory as users write them.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, long Bytes)[] Units = [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30)];

    /// <summary>Reads <c>1.5 GB</c>, <c>800MB</c>, <c>64 KB</c> (powers of 1024) or a number of bytes.</summary>
    /// <returns>The bytes, or null if the text is not a size.</returns>
    public static long? Parse(string text)
    {
        (string unit, long bytes) = Units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase), ("", 1));
        return double.TryParse(text.AsSpan(0, text.Length - unit.Length).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            ? (long)(number * bytes)
            : null;
    }
}
