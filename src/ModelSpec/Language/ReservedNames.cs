namespace ModelSpec.Language;

/// <summary>The names that every generated class has already, so that neither a layer nor the class itself can have one of them.</summary>
internal static class ReservedNames
{
    /// <summary>
    /// The public and protected members of generated classes and of their base classes that begin with a capital letter. Members of TorchSharp's
    /// modules that begin with a lower-case letter cannot collide with a layer.
    /// </summary>
    private static readonly HashSet<string> Members = new(StringComparer.Ordinal)
    {
        // Of the generated class.
        "ClassCount", "CreateUntrained", "EmbeddingLength", "Fill", "FreezePoints", "Head", "HeadLayers", "InputHeight", "InputWidth", "Labels", "Load",
        "WeightsResource",
        // Of its base classes.
        "Certainty", "ClearModules", "ConditionallyRegisterBuffer", "ConditionallyRegisterParameter", "Describe", "Dispose", "Embed", "Equals", "Explain", "ExplainAsync",
        "Finalize",
        "GetDefaultDeviceAndType", "GetHashCode", "GetName", "GetType", "ImageLimits", "InputSize", "LoadFile", "LoadResource", "Meaning", "MemberwiseClone",
        "Mirror",
        "PixelTransform", "Predict", "PredictAsync", "PredictFilesAsync", "ReferenceEquals", "Register", "RegisterComponents", "ReplaceBuffer",
        "ReplaceParameter", "Resize", "ToString", "Weights",
    };

    /// <summary>Whether generated classes have a member of this name.</summary>
    public static bool Contains(string member) => Members.Contains(member);

    /// <summary>Why a generated class cannot have a name that is an identifier, as a part of a sentence; null if it can.</summary>
    public static string? ReasonAgainstClass(string name)
    {
        if (name.All(static c => c is >= 'a' and <= 'z')) return "C# reserves type names that consist only of lower-case letters";
        return Members.Contains(name) ? "generated classes have a member of that name" : null;
    }
}
