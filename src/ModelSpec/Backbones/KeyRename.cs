namespace ModelSpec.Backbones;

/// <summary>
/// Maps names of a weight file to those of the backbone. The prefix <paramref name="From"/> is replaced by <paramref name="To"/>; if both begin
/// with a <c>*</c>, the text after the <c>*</c> is replaced anywhere in the name.
/// </summary>
/// <param name="From">What is replaced.</param>
/// <param name="To">What takes its place.</param>
public sealed record KeyRename(string From, string To)
{
    private const string Anywhere = "*";

    /// <summary>What both texts must be, if they are not; otherwise null.</summary>
    internal string? Problem =>
        StartsAnywhere(From) != StartsAnywhere(To) ? "a pair of texts of which both begin with '*' or none does"
        : From == Anywhere ? "a pair of texts with something after the first '*'"
        : null;

    /// <summary>Renames a tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <returns>The new name, or null if this rename does not apply.</returns>
    public string? Apply(string name)
    {
        if (!StartsAnywhere(From)) return name.StartsWith(From, StringComparison.Ordinal) ? To + name.Substring(From.Length) : null;
        string from = From.Substring(Anywhere.Length), to = To.Substring(Anywhere.Length);
        // string.Replace of two strings compares ordinally.
        return name.IndexOf(from, StringComparison.Ordinal) < 0 ? null : name.Replace(from, to);
    }

    private static bool StartsAnywhere(string text) => text.StartsWith(Anywhere, StringComparison.Ordinal);
}
