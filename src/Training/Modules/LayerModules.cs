using ModelSpec.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>Creates the TorchSharp module of an operation. The trainer does not depend on layer types in any other place.</summary>
internal static class LayerModules
{
    /// <summary>The module, or null for an operation without one: sums, products and joined channels read several values, and softmax is part of the loss.</summary>
    public static nn.Module<Tensor, Tensor>? Create(Primitive? primitive) => primitive switch
    {
        null or AddPrimitive or MultiplyPrimitive or ConcatenatePrimitive or SoftmaxPrimitive => null,
        PadPrimitive { Padding: var p } => nn.ZeroPad2d((p.Left, p.Right, p.Top, p.Bottom)),
        ConvolutionPrimitive c => nn.Conv2d(
            c.Inputs, c.Outputs, Pair(c.Kernel), stride: Pair(c.Stride), padding: Pair(c.Padding), dilation: Pair(c.Dilation), groups: c.Groups, bias: c.Bias),
        LinearPrimitive { Of: ShapeKind.Image } linear => new ChannelLinear(linear.Inputs, linear.Outputs, linear.Bias),
        LinearPrimitive linear => nn.Linear(linear.Inputs, linear.Outputs, linear.Bias),
        BatchNormPrimitive { Of: ShapeKind.Image } norm => nn.BatchNorm2d(norm.Channels, norm.Epsilon, norm.Momentum),
        BatchNormPrimitive norm => nn.BatchNorm1d(norm.Channels, norm.Epsilon, norm.Momentum),
        LayerNormPrimitive { Of: ShapeKind.Image } norm => new LayerNorm2d(norm.Channels, norm.Epsilon),
        LayerNormPrimitive norm => nn.LayerNorm(norm.Channels, norm.Epsilon),
        WindowPoolPrimitive { IsAverage: true } pool => nn.AvgPool2d(
            Pair(pool.Kernel), stride: Pair(pool.Stride), padding: Pair(pool.Padding), count_include_pad: pool.IncludesPadding),
        WindowPoolPrimitive pool => nn.MaxPool2d(Pair(pool.Kernel), stride: Pair(pool.Stride), padding: Pair(pool.Padding)),
        GlobalPoolPrimitive pool => new GlobalPool2d(pool.IsAverage, pool.Keeps),
        ActivatePrimitive activate => Create(activate),
        ReshapePrimitive { Reshaping: Reshaping.Flatten } => nn.Flatten(),
        ReshapePrimitive { Reshaping: Reshaping.ToTokens } => new Tokens(),
        ReshapePrimitive { Reshaping: Reshaping.TakeFirstToken } => new FirstToken(),
        AttentionPrimitive attention => new SelfAttention(attention.Channels, attention.Heads),
        ParameterPrimitive { Use: ParameterUse.Prepend } token => new ClassToken(token.Shape[2]),
        ParameterPrimitive { Use: ParameterUse.Add } places => new PositionEmbedding(places.Shape[1], places.Shape[2]),
        ParameterPrimitive { Use: ParameterUse.Scale } scale => new LayerScale(scale.Shape[0], scale.Initial!.Value),
        DropPrimitive drop => new BatchDropout(drop.Probability, drop.WholeImages),
        _ => throw new NotSupportedException(primitive.GetType().Name),
    };

    private static nn.Module<Tensor, Tensor> Create(ActivatePrimitive activate) => activate.Activation switch
    {
        Activation.Relu => nn.ReLU(inplace: activate.InPlace),
        Activation.Relu6 => nn.ReLU6(inplace: activate.InPlace),
        Activation.Silu => nn.SiLU(),
        Activation.HardSwish => nn.Hardswish(),
        Activation.HardSigmoid => nn.Hardsigmoid(),
        Activation.Sigmoid => nn.Sigmoid(),
        Activation.Gelu => nn.GELU(),
        Activation.Tanh => nn.Tanh(),
        _ => throw new NotSupportedException(activate.Activation.ToString()),
    };

    private static (long, long) Pair(Extent extent) => (extent.Height, extent.Width);
}
