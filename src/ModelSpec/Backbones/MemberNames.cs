using ModelSpec.Language;
using ModelSpec.Text;

namespace ModelSpec.Backbones;

/// <summary>
/// Gives the layers of a backbone their members of the generated class: the layer's name in Pascal case, with <c>Layer</c> after it
/// where the class has that name already.
/// </summary>
/// <param name="className">The generated class, which no member can be called like.</param>
internal sealed class MemberNames(string className)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>The member of the next layer.</summary>
    public string Add(string layerName)
    {
        string member = Identifiers.ToMember(layerName);
        while (ReservedNames.Contains(member) || member == className || !_taken.Add(member)) member += "Layer";
        return member;
    }
}
