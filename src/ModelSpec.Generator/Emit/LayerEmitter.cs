using System.Globalization;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Generator.Emit;

/// <summary>How operations look in C#: the type of a member, the expression that makes it, and a step of a forward pass.</summary>
internal static class LayerEmitter
{
    /// <summary>Where the functions are that make TorchSharp's modules.</summary>
    private const string Factory = "TorchSharp::torch.nn.";

    /// <summary>The type of the layer's member, or null for a layer without a module.</summary>
    public static string? TypeOf(Layer layer) => layer.Main is { } main && HasModule(main) ? Create(main).Type : null;

    /// <summary>The expression that makes the module.</summary>
    public static string Creation(Layer layer) => Create(layer.Main!).Expression;

    /// <summary>What the documentation says of a layer.</summary>
    public static string Describe(Layer layer)
    {
        string parameters = layer.Parameters == 0 ? "" : string.Format(CultureInfo.InvariantCulture, ", {0:N0} parameters", layer.Parameters);
        return string.Format(CultureInfo.InvariantCulture, "Layer {0}, {1}: {2} to {3}{4}.", layer.Index, layer.Type, layer.Input, layer.Output, parameters);
    }

    /// <summary>A number as C# reads it everywhere.</summary>
    public static string Number(double value) => RoundTripNumber.Format(value);

    /// <summary>Whether an operation is a module: sums, products and joined channels read several values, and none has state.</summary>
    public static bool HasModule(Primitive primitive) => primitive is not (AddPrimitive or MultiplyPrimitive or ConcatenatePrimitive);

    /// <summary>The step of a forward pass called <c>pass</c> that an operation without a module is.</summary>
    /// <param name="primitive">The operation.</param>
    /// <param name="operands">The names of what it reads, <c>pass.Current</c> for the value that was made last; empty where that goes without saying.</param>
    public static string Step(Primitive primitive, string operands) => primitive switch
    {
        AddPrimitive => $"pass.Add({operands})",
        MultiplyPrimitive => $"pass.Multiply({operands})",
        ConcatenatePrimitive => $"pass.Concat({operands})",
        PadPrimitive { Padding: var p } =>
            $"pass.Pad({Number(p.Top)}, {Number(p.Bottom)}, {Number(p.Left)}, {Number(p.Right)}{(operands.Length > 0 ? ", " + operands : "")})",
        ActivatePrimitive activate => $"pass.{Function(activate.Activation)}({operands})",
        _ => throw new NotSupportedException(primitive.GetType().Name),
    };

    /// <summary>The type of a module and the expression that makes it.</summary>
    private static (string Type, string Expression) Create(Primitive primitive) => primitive switch
    {
        PadPrimitive { Padding: var p } => Torch("ZeroPad2d", $"({Number(p.Left)}, {Number(p.Right)}, {Number(p.Top)}, {Number(p.Bottom)})"),
        ConvolutionPrimitive convolution => Create(convolution),
        LinearPrimitive { Of: ShapeKind.Image } linear => Own("ChannelLinear", [.. Arguments(linear, "hasBias"), Device]),
        LinearPrimitive linear => Torch("Linear", [.. Arguments(linear, "hasBias"), Device]),
        BatchNormPrimitive norm => Torch(
            norm.Of == ShapeKind.Image ? "BatchNorm2d" : "BatchNorm1d", Number(norm.Channels), "eps: " + Number(norm.Epsilon), "momentum: " + Number(norm.Momentum), Device),
        LayerNormPrimitive { Of: ShapeKind.Image } norm => Own("LayerNorm2d", Number(norm.Channels), "epsilon: " + Number(norm.Epsilon), Device),
        LayerNormPrimitive norm => Torch("LayerNorm", Number(norm.Channels), "eps: " + Number(norm.Epsilon), Device),
        WindowPoolPrimitive pool => Create(pool),
        GlobalPoolPrimitive { Keeps: true } pool => Own("GlobalPool2d", "average: " + Truth(pool.IsAverage), "keep: true"),
        GlobalPoolPrimitive pool => Own("GlobalPool2d", "average: " + Truth(pool.IsAverage)),
        ActivatePrimitive activate => Torch(Module(activate.Activation), activate.InPlace ? ["inplace: true"] : []),
        ReshapePrimitive { Reshaping: Reshaping.Flatten } => Torch("Flatten"),
        ReshapePrimitive { Reshaping: Reshaping.ToTokens } => Own("Tokens"),
        ReshapePrimitive { Reshaping: Reshaping.TakeFirstToken } => Own("FirstToken"),
        AttentionPrimitive attention => Own("SelfAttention", Number(attention.Channels), "heads: " + Number(attention.Heads), Device),
        ParameterPrimitive { Use: ParameterUse.Prepend } token => Own("ClassToken", Number(token.Shape[2]), Device),
        ParameterPrimitive { Use: ParameterUse.Add } places => Own("PositionEmbedding", Number(places.Shape[1]), Number(places.Shape[2]), Device),
        ParameterPrimitive { Use: ParameterUse.Scale } scale => Own("LayerScale", Number(scale.Shape[0]), "initial: " + Number(scale.Initial!.Value), Device),
        DropPrimitive { WholeImages: true } drop => Own("StochasticDepth", Number(drop.Probability)),
        DropPrimitive drop => Torch("Dropout", Number(drop.Probability)),
        SoftmaxPrimitive => Torch("Softmax", "dim: 1"),
        _ => throw new NotSupportedException(primitive.GetType().Name),
    };

    private const string Device = "device: device";

    /// <summary>A module of TorchSharp's.</summary>
    private static (string Type, string Expression) Torch(string name, params string[] arguments) =>
        ("Layers::" + name, $"{Factory}{name}({string.Join(", ", arguments)})");

    /// <summary>A module of the runtime's.</summary>
    private static (string Type, string Expression) Own(string name, params string[] arguments) =>
        ("FineTune::" + name, $"new FineTune::{name}({string.Join(", ", arguments)})");

    private static IEnumerable<string> Arguments(LinearPrimitive linear, string bias)
    {
        yield return Number(linear.Inputs);
        yield return Number(linear.Outputs);
        if (!linear.Bias) yield return bias + ": false";
    }

    private static (string Type, string Expression) Create(ConvolutionPrimitive c)
    {
        List<string> arguments = [Number(c.Inputs), Number(c.Outputs), Pair(c.Kernel)];
        if (c.Stride != Extent.Square(1)) arguments.Add("stride: " + Pair(c.Stride));
        if (c.Padding != Extent.Square(0)) arguments.Add("padding: " + Pair(c.Padding));
        if (c.Dilation != Extent.Square(1)) arguments.Add("dilation: " + Pair(c.Dilation));
        // Overloads for rows and columns of their own want all of them as pairs.
        bool isSquare = c.Kernel.IsSquare && c.Stride.IsSquare && c.Padding.IsSquare && c.Dilation.IsSquare;
        if (!isSquare)
        {
            arguments =
            [
                Number(c.Inputs), Number(c.Outputs), Both(c.Kernel), "stride: " + Both(c.Stride), "padding: " + Both(c.Padding), "dilation: " + Both(c.Dilation),
            ];
        }
        if (c.Groups != 1) arguments.Add("groups: " + Number(c.Groups));
        if (!c.Bias) arguments.Add("bias: false");
        arguments.Add(Device);
        return Torch("Conv2d", [.. arguments]);
    }

    private static (string Type, string Expression) Create(WindowPoolPrimitive pool)
    {
        bool isSquare = pool.Kernel.IsSquare && pool.Stride.IsSquare && pool.Padding.IsSquare;
        Func<Extent, string> show = isSquare ? Pair : Both;
        List<string> arguments = [show(pool.Kernel), "stride: " + show(pool.Stride)];
        if (pool.Padding != Extent.Square(0)) arguments.Add("padding: " + show(pool.Padding));
        if (pool.IsAverage && !pool.IncludesPadding) arguments.Add("count_include_pad: false");
        return Torch(pool.IsAverage ? "AvgPool2d" : "MaxPool2d", [.. arguments]);
    }

    /// <summary>What TorchSharp calls the module of an activation.</summary>
    private static string Module(Activation activation) => activation switch
    {
        Activation.Relu => "ReLU",
        Activation.Relu6 => "ReLU6",
        Activation.Silu => "SiLU",
        Activation.HardSwish => "Hardswish",
        Activation.HardSigmoid => "Hardsigmoid",
        Activation.Sigmoid => "Sigmoid",
        Activation.Gelu => "GELU",
        Activation.Tanh => "Tanh",
        _ => throw new NotSupportedException(activation.ToString()),
    };

    /// <summary>What a forward pass calls an activation.</summary>
    private static string Function(Activation activation) => activation switch
    {
        Activation.Relu => "Relu",
        Activation.Relu6 => "Relu6",
        Activation.Silu => "Silu",
        Activation.HardSwish => "HardSwish",
        Activation.HardSigmoid => "HardSigmoid",
        Activation.Sigmoid => "Sigmoid",
        Activation.Gelu => "Gelu",
        Activation.Tanh => "Tanh",
        _ => throw new NotSupportedException(activation.ToString()),
    };

    private static string Truth(bool truth) => truth ? "true" : "false";

    private static string Pair(Extent extent) => extent.IsSquare ? Number(extent.Height) : Both(extent);

    private static string Both(Extent extent) => $"({Number(extent.Height)}, {Number(extent.Width)})";
}
