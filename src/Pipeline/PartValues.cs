namespace FineTune.Pipeline;

/// <summary>The values of a part's parameters: those of the spec, or defaults. Their types and ranges have been checked.</summary>
/// <param name="values">A <see cref="double"/>, a <see cref="long"/>, a <see cref="string"/> or a <see cref="bool"/> by key.</param>
public sealed class PartValues(IReadOnlyDictionary<string, object> values)
{
    /// <summary>No values.</summary>
    public static PartValues Empty { get; } = new(new Dictionary<string, object>());

    /// <summary>The keys in alphabetical order.</summary>
    public IEnumerable<string> Keys => values.Keys.Order(StringComparer.Ordinal);

    /// <summary>The value of a key.</summary>
    /// <exception cref="KeyNotFoundException">The part has not declared the parameter.</exception>
    public object this[string key] => values[key];

    /// <summary>A number.</summary>
    /// <exception cref="KeyNotFoundException">The part has not declared the parameter.</exception>
    public double Number(string key) => (double)values[key];

    /// <summary>A whole number.</summary>
    /// <exception cref="KeyNotFoundException">The part has not declared the parameter.</exception>
    public long Whole(string key) => (long)values[key];

    /// <summary>A string.</summary>
    /// <exception cref="KeyNotFoundException">The part has not declared the parameter.</exception>
    public string Text(string key) => (string)values[key];

    /// <summary>True or false.</summary>
    /// <exception cref="KeyNotFoundException">The part has not declared the parameter.</exception>
    public bool Flag(string key) => (bool)values[key];
}
