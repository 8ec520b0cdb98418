using ModelSpec.Layers;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>Makes the TorchSharp module of a layer.</summary>
internal static class LayerModules
{
    /// <summary>The module, or null for a layer that does nothing in a pass to logits (input and softmax).</summary>
    public static nn.Module<Tensor, Tensor>? Create(Layer layer) => layer switch
    {
        InputLayer or SoftmaxLayer => null,
        ConvLayer conv => nn.Conv2d(
            conv.Input.Channels, conv.Output.Channels, conv.Kernel, stride: conv.Stride,
            padding: conv.OwnPadding, groups: conv.Groups, bias: conv.Bias),
        BatchNormLayer norm when norm.Output.IsSpatial => nn.BatchNorm2d(norm.Output.Channels, norm.Epsilon, norm.Momentum),
        BatchNormLayer norm => nn.BatchNorm1d(norm.Output.Channels, norm.Epsilon, norm.Momentum),
        ActivationLayer { Activation: Activation.Relu } relu => nn.ReLU(inplace: relu.InPlace),
        ActivationLayer { Activation: Activation.Relu6 } relu => nn.ReLU6(inplace: relu.InPlace),
        ActivationLayer { Activation: Activation.Gelu } => nn.GELU(),
        ActivationLayer => nn.Tanh(),
        MaxPoolLayer pool => nn.MaxPool2d(pool.Kernel, stride: pool.Stride),
        ZeroPadLayer pad => nn.ZeroPad2d((pad.Padding.Left, pad.Padding.Right, pad.Padding.Top, pad.Padding.Bottom)),
        GlobalPoolLayer pool => new GlobalPool2d(pool.Average),
        FlattenLayer => nn.Flatten(),
        LinearLayer linear => nn.Linear(linear.Input.Channels, linear.Output.Channels),
        DropoutLayer dropout => nn.Dropout(dropout.Probability),
        _ => throw new NotSupportedException(layer.Type),
    };
}
