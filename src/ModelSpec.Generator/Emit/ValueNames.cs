using ModelSpec.Text;

namespace ModelSpec.Generator.Emit;

/// <summary>
/// Gives values of a forward pass their local names: the layer's member with a small first letter, such as <c>layer1_0Relu</c>, and
/// <c>Value</c> after it if that is not a valid name or is already taken.
/// </summary>
/// <param name="members">The members of the class, which no local may hide.</param>
internal sealed class ValueNames(IEnumerable<string> members)
{
    private readonly HashSet<string> _taken = new([.. members, PassEmitter.Pass], StringComparer.Ordinal);

    /// <summary>The name of the value of the layer with this member.</summary>
    public string Add(string member)
    {
        string name = char.ToLowerInvariant(member[0]) + member.Substring(1);
        while (!Identifiers.IsIdentifier(name) || !_taken.Add(name)) name += "Value";
        return name;
    }
}
