namespace ModelSpec.Layers;

/// <summary>The activations by the words of the language.</summary>
public static class Activations
{
    private static readonly (Activation Activation, string Word, string Digest)[] Known =
    [
        (Activation.Relu, "relu", "Relu"),
        (Activation.Relu6, "relu6", "Relu6"),
        (Activation.Silu, "silu", "Silu"),
        (Activation.HardSwish, "hard_swish", "HardSwish"),
        (Activation.HardSigmoid, "hard_sigmoid", "HardSigmoid"),
        (Activation.Sigmoid, "sigmoid", "Sigmoid"),
        (Activation.Gelu, "gelu", "Gelu"),
        (Activation.Tanh, "tanh", "Tanh"),
    ];

    /// <summary>What each word means.</summary>
    public static IReadOnlyDictionary<string, Activation> ByWord { get; } =
        Known.ToDictionary(static entry => entry.Word, static entry => entry.Activation, StringComparer.Ordinal);

    /// <summary>The word of digests.</summary>
    internal static string DescribeForDigest(Activation activation) =>
        activation == Activation.None ? "None" : Known.First(entry => entry.Activation == activation).Digest;
}
