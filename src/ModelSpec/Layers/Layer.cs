namespace ModelSpec.Layers;

/// <summary>A layer of a network.</summary>
/// <param name="Index">Its index, as <c>InspectModel</c> prints it and freeze ranges use it.</param>
/// <param name="Name">Its name: Keras's in the built-in backbones.</param>
/// <param name="Member">The generated C# member.</param>
/// <param name="Key">What its tensors' names begin with in a state dict.</param>
/// <param name="InHead">Whether it belongs to the head.</param>
/// <param name="Input">The shape that goes in.</param>
/// <param name="Output">The shape that comes out.</param>
public abstract record Layer(int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output)
{
    /// <summary>The name as tables show it and commands take it: <c>block5_conv1</c>, and <c>head.fc1</c> for a layer of the head.</summary>
    public string DisplayName => InHead ? "head." + Name : Name;

    /// <summary>The type as Keras's summary names it.</summary>
    public abstract string Type { get; }

    /// <summary>
    /// The block of the backbone that it belongs to: the first number in its name with the letters right after it, such as <c>5</c> of
    /// <c>block5_conv1</c> and <c>6e</c> of <c>Mixed_6e_conv</c>; its name where that has no number.
    /// </summary>
    public string Group
    {
        get
        {
            int start = 0;
            while (start < Name.Length && !char.IsDigit(Name[start])) start++;
            int end = start;
            while (end < Name.Length && char.IsLetterOrDigit(Name[end])) end++;
            return start == Name.Length ? Name : Name.Substring(start, end - start);
        }
    }

    /// <summary>The tensors of its state, in PyTorch's order.</summary>
    public virtual EquatableArray<StateTensor> State => [];

    /// <summary>All numbers of its state, learnt or not, as Keras counts them.</summary>
    public long Parameters => State.Sum(static s => s.Elements);

    /// <summary>The multiplications of a forward pass of one image; 0 for a layer that computes no products of weights and inputs.</summary>
    public virtual long Multiplications => 0;

    /// <summary>The numbers that training can change.</summary>
    public long LearntParameters => State.Where(static s => s.IsLearnt).Sum(static s => s.Elements);
}

/// <summary>The input.</summary>
public sealed record InputLayer(int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "Input";
}

/// <summary>Rows and columns of zeros around the image.</summary>
public sealed record ZeroPadLayer(int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output, Padding Padding)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "ZeroPadding2D";
}

/// <summary>A convolution with an optional activation behind it; depthwise where <see cref="Groups"/> is the number of channels.</summary>
public sealed record ConvLayer(
    int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output,
    int Kernel, int Stride, Padding Padding, int Groups, bool Bias, Activation Activation)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <summary>Whether each channel is convolved by itself.</summary>
    public bool IsDepthwise => Groups > 1;

    /// <summary>The zeros on every side that the convolution adds itself; 0 where <see cref="PaddingBefore"/> adds them.</summary>
    public int OwnPadding => Padding.IsUniform ? Padding.Top : 0;

    /// <summary>The zeros that a step of its own adds before the convolution, or null where one number for all sides is enough.</summary>
    public Padding? PaddingBefore => Padding.IsUniform ? null : Padding;

    /// <inheritdoc />
    public override string Type => IsDepthwise ? "DepthwiseConv2D" : "Conv2D";

    /// <inheritdoc />
    public override EquatableArray<StateTensor> State => Bias
        ? [Weight, new StateTensor("bias", [Output.Channels], true)]
        : [Weight];

    /// <inheritdoc />
    public override long Multiplications => (long)Output.Elements * (Input.Channels / Groups) * Kernel * Kernel;

    private StateTensor Weight => new("weight", [Output.Channels, Input.Channels / Groups, Kernel, Kernel], true);
}

/// <summary>Batch normalisation over channels.</summary>
/// <remarks>Momentum is PyTorch's: the share of the new batch in the running figures, 1 - Keras's.</remarks>
public sealed record BatchNormLayer(
    int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output, double Epsilon, double Momentum)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "BatchNormalization";

    /// <inheritdoc />
    public override EquatableArray<StateTensor> State =>
    [
        new("weight", [Output.Channels], true), new("bias", [Output.Channels], true),
        new("running_mean", [Output.Channels], false), new("running_var", [Output.Channels], false),
    ];
}

/// <summary>An activation by itself.</summary>
public sealed record ActivationLayer(
    int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output, Activation Activation)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <summary>
    /// Whether its output takes the place of its input: not in the head, and not where the input is the image, which is the caller's.
    /// </summary>
    public bool InPlace => !InHead && Index > 1;

    /// <inheritdoc />
    public override string Type => Activation switch
    {
        Activation.Relu or Activation.Relu6 => "ReLU",
        Activation.Gelu => "GELU",
        _ => "Tanh",
    };
}

/// <summary>The maximum of each window.</summary>
public sealed record MaxPoolLayer(
    int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output, int Kernel, int Stride)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "MaxPooling2D";
}

/// <summary>The mean or maximum of each channel.</summary>
public sealed record GlobalPoolLayer(
    int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output, bool Average)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => Average ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D";
}

/// <summary>Channels, rows and columns as one vector, in that order.</summary>
public sealed record FlattenLayer(int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "Flatten";
}

/// <summary>A fully connected layer.</summary>
public sealed record LinearLayer(int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "Linear";

    /// <inheritdoc />
    public override EquatableArray<StateTensor> State =>
        [new("weight", [Output.Channels, Input.Channels], true), new("bias", [Output.Channels], true)];

    /// <inheritdoc />
    public override long Multiplications => (long)Input.Channels * Output.Channels;
}

/// <summary>Dropout, in training only.</summary>
public sealed record DropoutLayer(
    int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output, double Probability)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "Dropout";
}

/// <summary>The last layer: logits to probabilities. Training works on the logits in front of it.</summary>
public sealed record SoftmaxLayer(int Index, string Name, string Member, string Key, bool InHead, Shape Input, Shape Output)
    : Layer(Index, Name, Member, Key, InHead, Input, Output)
{
    /// <inheritdoc />
    public override string Type => "Softmax";
}
