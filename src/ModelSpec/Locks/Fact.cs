namespace ModelSpec.Locks;

/// <summary>
/// One line of a lock: something that trained weights depend on or that came of them, named as in the spec.
/// </summary>
/// <param name="Table">The table, for example <c>data.augment</c>; empty for keys above all tables.</param>
/// <param name="Index">The place in an array of tables, from 1; 0 if <paramref name="Table"/> is none.</param>
/// <param name="Key">The key within the table.</param>
/// <param name="Value">The value as a TOML literal in its one canonical form.</param>
public sealed record Fact(string Table, int Index, string Key, string Value)
{
    /// <summary>How messages name it: <c>[data.augment] rotation</c>, <c>[[stage]] 2 learning_rate</c>.</summary>
    public string Name => Index > 0 ? $"[[{Table}]] {Index} {Key}" : $"[{Table}] {Key}";
}
