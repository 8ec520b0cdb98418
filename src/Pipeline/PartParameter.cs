namespace FineTune.Pipeline;

/// <summary>The type of a parameter.</summary>
public enum ParameterKind
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A string.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,
}

/// <summary>
/// A key of a part's table in a spec. The metadata <c>Provides</c> of the <c>ModelSpecPlugin</c> item must declare the same parameters, because the
/// compiler never loads a plugin.
/// </summary>
/// <param name="Key">The key: lower-case letters, digits and underscores.</param>
/// <param name="Kind">Its type.</param>
/// <param name="Default">The value if the spec does not give one: a <see cref="double"/>, a <see cref="long"/>, a <see cref="string"/> or a <see cref="bool"/>; null if the key is required.</param>
/// <param name="Least">The least number, inclusive.</param>
/// <param name="Most">The largest number, inclusive.</param>
public sealed record PartParameter(
    string Key, ParameterKind Kind, object? Default, double Least = double.NegativeInfinity, double Most = double.PositiveInfinity)
{
    /// <summary>A number.</summary>
    public static PartParameter Number(string key, double? otherwise, double least = double.NegativeInfinity, double most = double.PositiveInfinity) =>
        new(key, ParameterKind.Number, otherwise, least, most);

    /// <summary>A whole number.</summary>
    public static PartParameter Whole(string key, long? otherwise, long least = long.MinValue, long most = long.MaxValue) =>
        new(key, ParameterKind.Whole, otherwise, least, most);

    /// <summary>A string.</summary>
    public static PartParameter Text(string key, string? otherwise) => new(key, ParameterKind.Text, otherwise);

    /// <summary>True or false.</summary>
    public static PartParameter Flag(string key, bool? otherwise) => new(key, ParameterKind.Flag, otherwise);
}
