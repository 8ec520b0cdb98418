using FineTune.Pipeline;
using ModelSpec.Layers;
using ModelSpec.Networks;

namespace FineTune.Training.Exporters;

/// <summary>A network's layers as exporters see them.</summary>
internal static class NetworkGraphs
{
    /// <summary>What the softmax is called, which ends every network whether or not its head has the word.</summary>
    private const string Softmax = "head.softmax";

    /// <summary>The operations of a network.</summary>
    public static NetworkGraph Of(Network network)
    {
        List<NetworkNode> nodes = [];
        // The node that has each layer's output: layers that only training needs hand on what they read.
        int[] outputs = new int[network.Layers.Count];
        foreach (Layer layer in network.Layers)
        {
            int[] inputs = [.. layer.Inputs.Select(input => outputs[input])];
            if (layer.Primitives.Count == 0)
            {
                nodes.Add(new NetworkNode(layer.DisplayName, new InputOperation(), [], ShapeOf(layer.Output)));
                inputs = [nodes.Count - 1];
            }
            foreach (Primitive primitive in layer.Primitives)
            {
                if (OperationOf(primitive, layer) is not { } operation) continue;
                string name = ReferenceEquals(primitive, layer.Main) ? layer.DisplayName : $"{layer.DisplayName}/{Suffix(operation)}";
                nodes.Add(new NetworkNode(name, operation, inputs, operation is PadOperation pad ? Padded(nodes[inputs[0]].Shape, pad) : ShapeOf(layer.Output)));
                inputs = [nodes.Count - 1];
            }
            outputs[layer.Index] = inputs[0];
        }
        int logits = outputs[^1];
        nodes.Add(new NetworkNode(Softmax, new SoftmaxOperation(), [logits], nodes[logits].Shape));
        return new NetworkGraph(nodes, outputs[network.BodyLength - 1], logits, network.Mirror);
    }

    /// <summary>What a primitive does in prediction; null for one that does nothing there, and for the softmax.</summary>
    private static Operation? OperationOf(Primitive primitive, Layer layer)
    {
        return primitive switch
        {
            DropPrimitive or SoftmaxPrimitive => null,
            PadPrimitive { Padding: var p } => new PadOperation(p.Top, p.Bottom, p.Left, p.Right),
            ConvolutionPrimitive c => new ConvolutionOperation(
                Key(0), c.Bias ? Key(1) : null, Pair(c.Kernel), Pair(c.Stride), Pair(c.Padding), Pair(c.Dilation), c.Groups),
            LinearPrimitive linear => new LinearOperation(Key(0), linear.Bias ? Key(1) : null),
            BatchNormPrimitive norm => new BatchNormOperation(Key(0), Key(1), Key(2), Key(3), norm.Epsilon),
            LayerNormPrimitive norm => new LayerNormOperation(Key(0), Key(1), norm.Epsilon),
            WindowPoolPrimitive pool => new WindowPoolOperation(pool.IsAverage, Pair(pool.Kernel), Pair(pool.Stride), Pair(pool.Padding), pool.IncludesPadding),
            GlobalPoolPrimitive pool => new GlobalPoolOperation(pool.IsAverage, pool.Keeps),
            ActivatePrimitive activate => new ActivationOperation(FunctionOf(activate.Activation)),
            AddPrimitive => new AddOperation(),
            MultiplyPrimitive => new MultiplyOperation(),
            ConcatenatePrimitive => new ConcatenateOperation(),
            ReshapePrimitive { Reshaping: Reshaping.Flatten } => new FlattenOperation(),
            ReshapePrimitive { Reshaping: Reshaping.ToTokens } => new TokensOperation(),
            ReshapePrimitive { Reshaping: Reshaping.TakeFirstToken } => new FirstTokenOperation(),
            AttentionPrimitive attention => new AttentionOperation(Key(0), Key(1), Key(2), Key(3), attention.Heads),
            ParameterPrimitive { Use: ParameterUse.Prepend } => new PrependTokenOperation(Key(0)),
            ParameterPrimitive { Use: ParameterUse.Add } => new AddSequenceOperation(Key(0)),
            ParameterPrimitive { Use: ParameterUse.Scale } => new ScaleChannelsOperation(Key(0)),
            _ => throw new NotSupportedException(primitive.GetType().Name),
        };

        string Key(int tensor) => layer.KeyOf(primitive.State[tensor]);
    }

    private static ActivationFunction FunctionOf(Activation activation) => activation switch
    {
        Activation.Relu => ActivationFunction.Relu,
        Activation.Relu6 => ActivationFunction.Relu6,
        Activation.Gelu => ActivationFunction.Gelu,
        Activation.Tanh => ActivationFunction.Tanh,
        Activation.Silu => ActivationFunction.Silu,
        Activation.HardSwish => ActivationFunction.HardSwish,
        Activation.HardSigmoid => ActivationFunction.HardSigmoid,
        Activation.Sigmoid => ActivationFunction.Sigmoid,
        _ => throw new NotSupportedException(activation.ToString()),
    };

    private static string Suffix(Operation operation) => operation switch
    {
        PadOperation => "pad",
        ActivationOperation { Function: var function } => function.ToString().ToLowerInvariant(),
        _ => operation.GetType().Name,
    };

    private static IReadOnlyList<long> ShapeOf(Shape shape) => [.. shape.Sizes.Select(static size => (long)size)];

    private static IReadOnlyList<long> Padded(IReadOnlyList<long> shape, PadOperation pad) =>
        [shape[0], shape[1] + pad.Top + pad.Bottom, shape[2] + pad.Left + pad.Right];

    private static Extent2D Pair(Extent extent) => new(extent.Height, extent.Width);
}
