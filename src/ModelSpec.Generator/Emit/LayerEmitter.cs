using System.Globalization;
using ModelSpec.Layers;
using ModelSpec.Text;

namespace ModelSpec.Generator.Emit;

/// <summary>How operations look in C#: the type of a member, the expression that makes it, and a step of a forward pass.</summary>
internal static class LayerEmitter
{
    /// <summary>Where the functions are that make TorchSharp's modules.</summary>
    private const string Factory = "TorchSharp::torch.nn.";

    /// <summary>The argument that puts a module's tensors on the constructor's device.</summary>
    private const string Device = "device: device";

    /// <summary>The type of the layer's member, or null for a layer without a module.</summary>
    public static string? TypeOf(Layer layer) => layer.Main is { } main && HasModule(main) ? Create(main).Type : null;

    /// <summary>The expression that makes the module.</summary>
    public static string Creation(Layer layer) => Create(layer.Main!).Expression;

    /// <summary>What the documentation of a layer's member says.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="network">Its network, by index, with the layers that it reads.</param>
    public static string Describe(Layer layer, IReadOnlyList<Layer> network)
    {
        string parameters = layer.Parameters == 0 ? "" : string.Format(CultureInfo.InvariantCulture, ", {0:N0} parameters", layer.Parameters);
        string read = DescribeInputs(layer.Inputs, layer.Index - 1, layer.Input, network);
        return string.Format(CultureInfo.InvariantCulture, "Layer {0}, {1}: {2} to {3}{4}.", layer.Index, layer.Type, read, layer.Output, parameters);
    }

    /// <summary>
    /// What layers read: the shape alone where it is the output of the layer above, <c>maxpool [N, 64, 56, 56]</c> where it is that of
    /// another layer, <c>a, b and c</c> where they are several.
    /// </summary>
    /// <param name="inputs">The indices of the layers that are read; none for the input.</param>
    /// <param name="above">The index of the layer above.</param>
    /// <param name="shape">The shape of the first of them.</param>
    /// <param name="network">The network, by index.</param>
    public static string DescribeInputs(IReadOnlyList<int> inputs, int above, Shape shape, IReadOnlyList<Layer> network)
    {
        if (inputs.All(input => input == above)) return shape.ToString();
        string[] names = [.. inputs.Select(index => network[index].Name)];
        string last = names[names.Length - 1];
        return names.Length == 1 ? $"{last} {shape}" : $"{string.Join(", ", names.Take(names.Length - 1))} and {last}";
    }

    /// <summary>A number as C# reads it everywhere.</summary>
    public static string Number(double value) => RoundTripNumber.Format(value);

    /// <summary>Whether an operation is a module: sums, products and joined channels read several values, and none has state.</summary>
    public static bool HasModule(Primitive primitive) => primitive is not (AddPrimitive or MultiplyPrimitive or ConcatenatePrimitive);

    /// <summary>The step of a forward pass that an operation without a module is.</summary>
    /// <param name="pass">What the pass is called.</param>
    /// <param name="primitive">The operation.</param>
    /// <param name="operands">The names of what it reads; none where it reads the value before it.</param>
    public static string Step(string pass, Primitive primitive, params string[] operands) => primitive switch
    {
        AddPrimitive => Call(pass, "Add", operands),
        MultiplyPrimitive => Call(pass, "Multiply", operands),
        ConcatenatePrimitive => Call(pass, "Concat", operands),
        PadPrimitive { Padding: var p } => Call(pass, "Pad", [Number(p.Top), Number(p.Bottom), Number(p.Left), Number(p.Right), .. operands]),
        ActivatePrimitive activate => Call(pass, Function(activate.Activation), operands),
        _ => throw new NotSupportedException(primitive.GetType().Name),
    };

    /// <summary>A call of a method of a forward pass.</summary>
    public static string Call(string pass, string method, params string[] arguments) => $"{pass}.{method}({string.Join(", ", arguments)})";

    /// <summary>The type of a module and the expression that makes it.</summary>
    private static (string Type, string Expression) Create(Primitive primitive) => primitive switch
    {
        PadPrimitive { Padding: var p } => Torch("ZeroPad2d", $"({Number(p.Left)}, {Number(p.Right)}, {Number(p.Top)}, {Number(p.Bottom)})"),
        ConvolutionPrimitive convolution => Create(convolution),
        LinearPrimitive { Of: ShapeKind.Image } linear => Own("ChannelLinear", [.. Arguments(linear), Device]),
        LinearPrimitive linear => Torch("Linear", [.. Arguments(linear), Device]),
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

    /// <summary>A module of TorchSharp's.</summary>
    private static (string Type, string Expression) Torch(string name, params string[] arguments) =>
        ("Layers::" + name, $"{Factory}{name}({string.Join(", ", arguments)})");

    /// <summary>A module of the runtime's.</summary>
    private static (string Type, string Expression) Own(string name, params string[] arguments) =>
        ("FineTune::" + name, $"new FineTune::{name}({string.Join(", ", arguments)})");

    private static IEnumerable<string> Arguments(LinearPrimitive linear)
    {
        yield return Number(linear.Inputs);
        yield return Number(linear.Outputs);
        if (!linear.Bias) yield return "hasBias: false";
    }

    private static (string Type, string Expression) Create(ConvolutionPrimitive c)
    {
        // The overload with pairs of rows and columns has pairs only, and no value for those that are left out.
        bool isSquare = c.Kernel.IsSquare && c.Stride.IsSquare && c.Padding.IsSquare && c.Dilation.IsSquare;
        Func<Extent, string> show = isSquare ? One : Pair;
        List<string> arguments = [Number(c.Inputs), Number(c.Outputs), show(c.Kernel)];
        if (!isSquare || c.Stride != Extent.Square(1)) arguments.Add("stride: " + show(c.Stride));
        if (!isSquare || c.Padding != Extent.Square(0)) arguments.Add("padding: " + show(c.Padding));
        if (!isSquare || c.Dilation != Extent.Square(1)) arguments.Add("dilation: " + show(c.Dilation));
        if (c.Groups != 1) arguments.Add("groups: " + Number(c.Groups));
        if (!c.Bias) arguments.Add("bias: false");
        arguments.Add(Device);
        return Torch("Conv2d", [.. arguments]);
    }

    private static (string Type, string Expression) Create(WindowPoolPrimitive pool)
    {
        bool isSquare = pool.Kernel.IsSquare && pool.Stride.IsSquare && pool.Padding.IsSquare;
        Func<Extent, string> show = isSquare ? One : Pair;
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

    private static string One(Extent extent) => Number(extent.Height);

    private static string Pair(Extent extent) => $"({Number(extent.Height)}, {Number(extent.Width)})";
}
