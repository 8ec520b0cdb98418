namespace ModelSpec.Locks;

/// <summary>
/// One line of a lock: an input or a result of a training, named as in the spec.
/// </summary>
/// <param name="Table">The table, for example <c>data.augment</c>; empty for keys above all tables.</param>
/// <param name="Index">The position in an array of tables, from 1; 0 if <paramref name="Table"/> is a single table.</param>
/// <param name="Key">The key within the table.</param>
/// <param name="Value">The value as a TOML literal in canonical form.</param>
public sealed record Fact(string Table, int Index, string Key, string Value)
{
    /// <summary>How messages name it: <c>[data.augment] rotation</c>, <c>[[stage]] 2 learning_rate</c>.</summary>
    public string Name => Index > 0 ? $"[[{Table}]] {Index} {Key}" : $"[{Table}] {Key}";
}
