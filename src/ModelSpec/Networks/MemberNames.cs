namespace ModelSpec.Networks;

/// <summary>
/// Gives the layers of a backbone their members of the generated class: the layer's name in Pascal case, with <c>Layer</c> after it
/// where the class has that name already.
/// </summary>
/// <param name="className">The generated class, which no member can be called like.</param>
internal sealed class MemberNames(string className)
{
    /// <summary>
    /// The public and protected members of generated classes and their base classes that begin with a capital; those of TorchSharp's
    /// modules that do not can meet no layer.
    /// </summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        // Of the generated class.
        "ClassCount", "CreateUntrained", "EmbeddingLength", "Fill", "FreezePoints", "Head", "HeadLayers", "InputHeight", "InputWidth", "Labels", "Load",
        "WeightsResource",
        // Of its base classes.
        "ClearModules", "ConditionallyRegisterBuffer", "ConditionallyRegisterParameter", "Describe", "Dispose", "Embed", "Equals", "Finalize",
        "GetDefaultDeviceAndType", "GetHashCode", "GetName", "GetType", "ImageLimits", "InputSize", "LoadFile", "LoadResource", "Meaning", "MemberwiseClone",
        "Mirror",
        "PixelTransform", "Predict", "PredictAsync", "ReferenceEquals", "Register", "RegisterComponents", "ReplaceBuffer",
        "ReplaceParameter", "ToString", "Weights",
    };

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Why a generated class cannot have a name that is an identifier, as a part of a sentence; null where it can.</summary>
    public static string? ReasonAgainstClass(string name)
    {
        if (name.All(static c => c is >= 'a' and <= 'z')) return "C# keeps type names of lower-case letters alone for itself";
        return Reserved.Contains(name) ? "generated classes have a member of that name" : null;
    }

    /// <summary>The member of the next layer.</summary>
    public string Add(string layerName)
    {
        string member = Identifiers.ToPascalCase(layerName);
        while (Reserved.Contains(member) || member == className || !_taken.Add(member)) member += "Layer";
        return member;
    }
}
