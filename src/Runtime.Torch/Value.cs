namespace FineTune;

/// <summary>A tensor in a <see cref="ForwardPass"/>: its input, or what one of its steps makes of others.</summary>
public readonly struct Value : IEquatable<Value>
{
    internal Value(int index) => Index = index;

    /// <summary>0 for the input, n for the result of the nth step.</summary>
    internal int Index { get; }

    /// <inheritdoc />
    public bool Equals(Value other) => Index == other.Index;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is Value other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => Index;

    /// <summary>Whether two values of one pass are the same.</summary>
    public static bool operator ==(Value left, Value right) => left.Equals(right);

    /// <summary>Whether two values of one pass differ.</summary>
    public static bool operator !=(Value left, Value right) => !left.Equals(right);
}
