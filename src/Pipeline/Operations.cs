namespace FineTune.Pipeline;

/// <summary>
/// An operation of a network as prediction needs it. The set is closed: an exporter that translates each of the records of this file translates
/// every network. Their strings are keys of <see cref="TrainedModel.Tensors"/>.
/// </summary>
public abstract record Operation
{
    private protected Operation()
    {
    }
}

/// <summary>A size of rows and columns.</summary>
/// <param name="Height">Along rows.</param>
/// <param name="Width">Along columns.</param>
public readonly record struct Extent2D(int Height, int Width);

/// <summary>The prepared image, <c>[N, 3, H, W]</c>: see <see cref="InputPreparation"/>.</summary>
public sealed record InputOperation : Operation;

/// <summary>Rows and columns of zeros around an image.</summary>
/// <param name="Top">Rows before.</param>
/// <param name="Bottom">Rows after.</param>
/// <param name="Left">Columns before.</param>
/// <param name="Right">Columns after.</param>
public sealed record PadOperation(int Top, int Bottom, int Left, int Right) : Operation;

/// <summary>A convolution, as PyTorch's <c>Conv2d</c>.</summary>
/// <param name="Weight"><c>[outputs, inputs / groups, height, width]</c>.</param>
/// <param name="Bias"><c>[outputs]</c>, or null.</param>
/// <param name="Kernel">The window.</param>
/// <param name="Stride">Its step.</param>
/// <param name="Padding">Rows and columns of zeros on each side.</param>
/// <param name="Dilation">The step within the window.</param>
/// <param name="Groups">The groups of channels that do not see one another.</param>
public sealed record ConvolutionOperation(
    string Weight, string? Bias, Extent2D Kernel, Extent2D Stride, Extent2D Padding, Extent2D Dilation, int Groups) : Operation;

/// <summary>A fully connected layer: of a vector, of each token, or of the channels of each pixel.</summary>
/// <param name="Weight"><c>[outputs, inputs]</c>.</param>
/// <param name="Bias"><c>[outputs]</c>, or null.</param>
public sealed record LinearOperation(string Weight, string? Bias) : Operation;

/// <summary>
/// Batch normalisation of the channels of an image or a vector by fixed figures: <c>(x - mean) / sqrt(variance + epsilon) × weight + bias</c>.
/// </summary>
/// <param name="Weight"><c>[C]</c>.</param>
/// <param name="Bias"><c>[C]</c>.</param>
/// <param name="Mean"><c>[C]</c>.</param>
/// <param name="Variance"><c>[C]</c>.</param>
/// <param name="Epsilon">What is added to the variance.</param>
public sealed record BatchNormOperation(string Weight, string Bias, string Mean, string Variance, double Epsilon) : Operation;

/// <summary>
/// Layer normalisation over the channels of each pixel, of each token, or of the vector: <c>(x - mean) / sqrt(variance + epsilon) × weight + bias</c>
/// with their own mean and variance (divided by C).
/// </summary>
/// <param name="Weight"><c>[C]</c>.</param>
/// <param name="Bias"><c>[C]</c>.</param>
/// <param name="Epsilon">What is added to the variance.</param>
public sealed record LayerNormOperation(string Weight, string Bias, double Epsilon) : Operation;

/// <summary>The maximum or the average of each window. A window that does not fit whole is left out.</summary>
/// <param name="IsAverage">Whether it is the average.</param>
/// <param name="Kernel">The window.</param>
/// <param name="Stride">Its step.</param>
/// <param name="Padding">Rows and columns on each side: −∞ for a maximum, zeros for an average.</param>
/// <param name="IncludesPadding">Whether the zeros count in an average.</param>
public sealed record WindowPoolOperation(bool IsAverage, Extent2D Kernel, Extent2D Stride, Extent2D Padding, bool IncludesPadding) : Operation;

/// <summary>The maximum or the average of each channel.</summary>
/// <param name="IsAverage">Whether it is the average.</param>
/// <param name="Keeps">Whether one row and one column stay.</param>
public sealed record GlobalPoolOperation(bool IsAverage, bool Keeps) : Operation;

/// <summary>A pointwise function.</summary>
/// <param name="Function">Which.</param>
public sealed record ActivationOperation(ActivationFunction Function) : Operation;

/// <summary>The sum of all inputs, which have one shape.</summary>
public sealed record AddOperation : Operation;

/// <summary>The product of two inputs; where one has a single row and column, these are spread over those of the other.</summary>
public sealed record MultiplyOperation : Operation;

/// <summary>The channels of all inputs, one after another.</summary>
public sealed record ConcatenateOperation : Operation;

/// <summary>Channels, rows and columns as one vector, in that order.</summary>
public sealed record FlattenOperation : Operation;

/// <summary>Pixels, row by row, as a sequence of tokens: <c>[N, C, H, W]</c> to <c>[N, H·W, C]</c>.</summary>
public sealed record TokensOperation : Operation;

/// <summary>The first token of a sequence as a vector: <c>[N, T, C]</c> to <c>[N, C]</c>.</summary>
public sealed record FirstTokenOperation : Operation;

/// <summary>
/// Self-attention with several heads, as PyTorch's <c>MultiheadAttention</c>: <c>softmax(Q Kᵀ / sqrt(C / heads)) V</c> for each head, which has
/// C / heads successive channels of each of Q, K and V.
/// </summary>
/// <param name="InWeight">The factors of queries, keys and values, one after another: <c>[3 C, C]</c>.</param>
/// <param name="InBias">What is added to queries, keys and values: <c>[3 C]</c>.</param>
/// <param name="OutWeight">What the heads' results are multiplied with: <c>[C, C]</c>.</param>
/// <param name="OutBias">What is added to them: <c>[C]</c>.</param>
/// <param name="Heads">How many heads share the channels.</param>
public sealed record AttentionOperation(string InWeight, string InBias, string OutWeight, string OutBias, int Heads) : Operation;

/// <summary>Puts a learnt token before a sequence.</summary>
/// <param name="Token"><c>[1, 1, C]</c>.</param>
public sealed record PrependTokenOperation(string Token) : Operation;

/// <summary>Adds a learnt sequence to a sequence.</summary>
/// <param name="Sequence"><c>[1, T, C]</c>.</param>
public sealed record AddSequenceOperation(string Sequence) : Operation;

/// <summary>Multiplies each channel of an image by a learnt factor.</summary>
/// <param name="Factors"><c>[C, 1, 1]</c>.</param>
public sealed record ScaleChannelsOperation(string Factors) : Operation;

/// <summary>Logits to probabilities: <c>exp(x) / Σ exp(x)</c>.</summary>
public sealed record SoftmaxOperation : Operation;

/// <summary>A pointwise function.</summary>
public enum ActivationFunction
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,

    /// <summary>x Φ(x), with the normal distribution's Φ itself and not an approximation.</summary>
    Gelu,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>x σ(x), also called swish.</summary>
    Silu,

    /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
    HardSwish,

    /// <summary>min(max(x + 3, 0), 6) / 6.</summary>
    HardSigmoid,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,
}
