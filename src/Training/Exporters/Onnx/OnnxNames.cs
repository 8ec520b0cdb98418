namespace FineTune.Training.Exporters.Onnx;

/// <summary>The names that programs use to run the file.</summary>
internal static class OnnxNames
{
    /// <summary>The prepared image, of the form "tensor".</summary>
    public const string Input = "input";

    /// <summary>The pixels, of the form "pixels".</summary>
    public const string Pixels = "pixels";

    /// <summary>The first output: <c>[N, classes]</c>.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>What the probabilities are made of: <c>[N, classes]</c>.</summary>
    public const string Logits = "logits";

    /// <summary>The averages of the backbone's channels: <c>[N, C]</c>.</summary>
    public const string Features = "features";

    /// <summary>The dimension of the batch.</summary>
    public const string Batch = "N";

    /// <summary>All names that no layer can have.</summary>
    public static IReadOnlyList<string> Reserved => [Input, Pixels, Probabilities, Logits, Features];
}
