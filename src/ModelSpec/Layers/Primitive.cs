namespace ModelSpec.Layers;

/// <summary>
/// A basic operation; layer types consist of these. The set is closed: code that runs, prints or exports a network implements each operation once,
/// and no layer types.
/// </summary>
public abstract record Primitive
{
    /// <summary>The tensors of its state, in PyTorch's order.</summary>
    public virtual EquatableArray<StateTensor> State => [];

    /// <summary>The multiplications of a forward pass of one image; 0 if no weights are multiplied with inputs.</summary>
    /// <param name="output">The shape of its output.</param>
    public virtual long CountMultiplications(Shape output) => 0;
}

/// <summary>Rows and columns of zeros around the image.</summary>
public sealed record PadPrimitive(Padding Padding) : Primitive;

/// <summary>A convolution, with the same number of zeros before and after: <paramref name="Padding"/> rows and columns.</summary>
public sealed record ConvolutionPrimitive(
    int Inputs, int Outputs, Extent Kernel, Extent Stride, Extent Padding, Extent Dilation, int Groups, bool Bias) : Primitive
{
    /// <summary>Whether each channel is convolved separately.</summary>
    public bool IsDepthwise => Groups > 1 && Groups == Inputs;

    /// <inheritdoc />
    public override EquatableArray<StateTensor> State => Bias ? [Weight, new StateTensor("bias", [Outputs], true)] : [Weight];

    private StateTensor Weight => new("weight", [Outputs, Inputs / Groups, Kernel.Height, Kernel.Width], true);

    /// <inheritdoc />
    public override long CountMultiplications(Shape output) => (long)output.Elements * (Inputs / Groups) * Kernel.Height * Kernel.Width;
}

/// <summary>A fully connected layer: of a vector, of each token, or of each pixel's channels.</summary>
public sealed record LinearPrimitive(int Inputs, int Outputs, bool Bias, ShapeKind Of) : Primitive
{
    /// <inheritdoc />
    public override EquatableArray<StateTensor> State => Bias ? [Weight, new StateTensor("bias", [Outputs], true)] : [Weight];

    private StateTensor Weight => new("weight", [Outputs, Inputs], true);

    /// <inheritdoc />
    public override long CountMultiplications(Shape output) => (long)output.Elements * Inputs;
}

/// <summary>Batch normalisation over channels.</summary>
/// <param name="Channels">How many.</param>
/// <param name="Epsilon">What is added to the variance.</param>
/// <param name="Momentum">As in PyTorch: the share of a new batch in the running statistics; 1 minus the momentum of Keras.</param>
/// <param name="Of">An image or a vector.</param>
public sealed record BatchNormPrimitive(int Channels, double Epsilon, double Momentum, ShapeKind Of) : Primitive
{
    /// <inheritdoc />
    public override EquatableArray<StateTensor> State =>
    [
        new("weight", [Channels], true), new("bias", [Channels], true), new("running_mean", [Channels], false), new("running_var", [Channels], false),
    ];
}

/// <summary>Layer normalisation over the channels of each pixel, each token, or the vector.</summary>
public sealed record LayerNormPrimitive(int Channels, double Epsilon, ShapeKind Of) : Primitive
{
    /// <inheritdoc />
    public override EquatableArray<StateTensor> State => [new("weight", [Channels], true), new("bias", [Channels], true)];
}

/// <summary>The maximum or the average of each window.</summary>
/// <param name="IsAverage">Whether it is the average.</param>
/// <param name="Kernel">The window.</param>
/// <param name="Stride">Its step.</param>
/// <param name="Padding">Rows and columns on each side: −∞ for a maximum, zeros for an average.</param>
/// <param name="IncludesPadding">Whether the zeros count in an average.</param>
public sealed record WindowPoolPrimitive(bool IsAverage, Extent Kernel, Extent Stride, Extent Padding, bool IncludesPadding) : Primitive;

/// <summary>The maximum or the average of each channel.</summary>
/// <param name="IsAverage">Whether it is the average.</param>
/// <param name="Keeps">Whether the output keeps one row and one column.</param>
public sealed record GlobalPoolPrimitive(bool IsAverage, bool Keeps) : Primitive;

/// <summary>A pointwise non-linearity.</summary>
/// <param name="Activation">Which.</param>
/// <param name="InPlace">Whether it may overwrite its input, which nothing else reads.</param>
public sealed record ActivatePrimitive(Activation Activation, bool InPlace) : Primitive;

/// <summary>The sum of all inputs.</summary>
public sealed record AddPrimitive : Primitive;

/// <summary>The product of two inputs. If one has a single row and column, it is broadcast over those of the other.</summary>
public sealed record MultiplyPrimitive : Primitive;

/// <summary>The channels of all inputs, joined in order.</summary>
public sealed record ConcatenatePrimitive : Primitive;

/// <summary>The same numbers in another shape.</summary>
public enum Reshaping
{
    /// <summary>Channels, rows and columns as one vector, in that order.</summary>
    Flatten,

    /// <summary>Pixels, row by row, as a sequence of tokens.</summary>
    ToTokens,

    /// <summary>The first token of a sequence as a vector.</summary>
    TakeFirstToken,
}

/// <summary>A change of shape.</summary>
public sealed record ReshapePrimitive(Reshaping Reshaping) : Primitive;

/// <summary>Self-attention with several heads (Vaswani et al., "Attention Is All You Need", arXiv:1706.03762).</summary>
public sealed record AttentionPrimitive(int Channels, int Heads) : Primitive
{
    /// <inheritdoc />
    public override EquatableArray<StateTensor> State =>
    [
        new("in_proj_weight", [3 * Channels, Channels], true), new("in_proj_bias", [3 * Channels], true),
        new("out_proj.weight", [Channels, Channels], true), new("out_proj.bias", [Channels], true),
    ];

    /// <inheritdoc />
    public override long CountMultiplications(Shape output) =>
        4L * output.Elements * Channels + 2L * output.Elements * output.Tokens;
}

/// <summary>What a learnt tensor does to an input.</summary>
public enum ParameterUse
{
    /// <summary>It is put before a sequence.</summary>
    Prepend,

    /// <summary>It is added to a sequence.</summary>
    Add,

    /// <summary>It multiplies each channel.</summary>
    Scale,
}

/// <summary>A learnt tensor that is not part of another operation. Its name in a state dict is the layer's key, without a suffix.</summary>
/// <param name="Use">How it is used.</param>
/// <param name="Shape">Its shape in PyTorch's order.</param>
/// <param name="Initial">The initial value of all its numbers; null for random numbers with a standard deviation of 0.02.</param>
public sealed record ParameterPrimitive(ParameterUse Use, EquatableArray<int> Shape, double? Initial) : Primitive
{
    /// <inheritdoc />
    public override EquatableArray<StateTensor> State => [new("", Shape, true)];
}

/// <summary>Zeros at random places, in training only.</summary>
/// <param name="Probability">The share of zeros, in [0, 1).</param>
/// <param name="WholeImages">Whether all numbers of an image are zero together.</param>
public sealed record DropPrimitive(double Probability, bool WholeImages) : Primitive;

/// <summary>Converts logits to probabilities. Training uses the logits before it.</summary>
public sealed record SoftmaxPrimitive : Primitive;
