using System.Text;

namespace ModelSpec.Text;

/// <summary>C# names made from the names of a spec.</summary>
public static class Identifiers
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal",
        "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for",
        "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null",
        "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte",
        "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof",
        "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    };

    /// <summary>Whether <paramref name="name"/> is a C# identifier that needs no escaping.</summary>
    public static bool IsIdentifier(string name) =>
        name.Length > 0 && (char.IsLetter(name[0]) || name[0] == '_') && name.All(static c => char.IsLetterOrDigit(c) || c == '_')
        && !Keywords.Contains(name);

    /// <summary>
    /// A namespace made from a project's name: <c>my-app.2</c> gives <c>my_app._2</c>. Parts that are keywords are escaped.
    /// </summary>
    public static string ToNamespace(string name) => string.Join(".", name.Split('.').Select(static part =>
    {
        if (Keywords.Contains(part)) return "@" + part;
        string valid = string.Concat(part.Select(static c => char.IsLetterOrDigit(c) ? c : '_'));
        return valid.Length == 0 || char.IsDigit(valid[0]) ? "_" + valid : valid;
    }));

    /// <summary>
    /// The name of a layer as a member: <see cref="ToPascalCase"/>, but numbers stay apart, so that <c>layer1_10</c> gives <c>Layer1_10</c>.
    /// </summary>
    public static string ToMember(string layer)
    {
        var parts = layer.Split('_').Select(ToPascalCase).Where(static part => part.Length > 0).Select(static part => part.TrimStart('_'));
        var result = new StringBuilder();
        foreach (string part in parts)
        {
            if (result.Length > 0 && char.IsDigit(result[result.Length - 1]) && char.IsDigit(part[0])) result.Append('_');
            result.Append(part);
        }
        if (result.Length > 0 && char.IsDigit(result[0])) result.Insert(0, '_');
        return result.ToString();
    }

    /// <summary>
    /// Words of letters and digits, each with a capital, joined: <c>lily valley</c> gives <c>LilyValley</c>, <c>block5_conv1</c> gives
    /// <c>Block5Conv1</c>. A leading digit gets an underscore. Empty if there is no letter or digit.
    /// </summary>
    public static string ToPascalCase(string name)
    {
        var result = new StringBuilder();
        bool capital = true;
        foreach (char c in name)
        {
            if (!char.IsLetterOrDigit(c))
            {
                capital = true;
                continue;
            }
            result.Append(capital ? char.ToUpperInvariant(c) : c);
            capital = false;
        }
        if (result.Length > 0 && char.IsDigit(result[0])) result.Insert(0, '_');
        return result.ToString();
    }
}
