using ModelSpec.Language;
using ModelSpec.Text;

namespace ModelSpec.Backbones;

/// <summary>
/// Names the members of the generated class after the layers of a backbone: the layer's name in Pascal case, with the suffix <c>Layer</c> if
/// the class already has a member of that name.
/// </summary>
/// <param name="className">The generated class, whose name no member can have.</param>
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
