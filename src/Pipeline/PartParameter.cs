namespace FineTune.Pipeline;

/// <summary>What a parameter of a part holds.</summary>
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
/// A key of a part's table in a spec. The same parameters stand in the metadata <c>Provides</c> of the <c>ModelSpecPlugin</c> item, from which
/// the compiler knows them: it never loads a plugin.
/// </summary>
/// <param name="Key">The key: lower-case letters, digits and underscores.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Default">What it is where the spec does not say: a <see cref="double"/>, a <see cref="long"/>, a <see cref="string"/> or a <see cref="bool"/>; null if the spec must.</param>
/// <param name="Least">The least number, itself allowed.</param>
/// <param name="Most">The largest number, itself allowed.</param>
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
