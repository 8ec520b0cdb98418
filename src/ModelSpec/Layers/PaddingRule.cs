namespace ModelSpec.Layers;

/// <summary>How a window is padded: by fixed numbers, or so that the output has the input's size divided by the stride.</summary>
/// <param name="Fixed">The fixed numbers, or null for TensorFlow's "same".</param>
public readonly record struct PaddingRule(Padding? Fixed)
{
    /// <summary>TensorFlow's "same".</summary>
    public static PaddingRule Same => default;

    /// <summary>The words of the language.</summary>
    internal static IReadOnlyDictionary<string, PaddingRule> ByWord { get; } = new Dictionary<string, PaddingRule>(StringComparer.Ordinal)
    {
        ["same"] = Same,
        ["valid"] = new(Padding.None),
    };

    /// <summary>The padding of an input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="window">The window, including its dilation.</param>
    /// <param name="stride">Its step.</param>
    public Padding Resolve(Shape input, Extent window, Extent stride) => Fixed ?? Padding.Same(input.Height, input.Width, window, stride);
}
