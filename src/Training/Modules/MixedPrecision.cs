using FineTune.Inference;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>
/// A layer that learns in mixed precision, as with PyTorch's autocast: convolutions compute in bfloat16, with weights that are rounded in
/// each pass, and everything else in float32. Weights, their gradients and the optimizer's state stay in float32.
/// </summary>
internal sealed class MixedPrecision(nn.Module<Tensor, Tensor> layer) : nn.Module<Tensor, Tensor>(nameof(MixedPrecision)), ILayerDecorator
{
    public nn.Module<Tensor, Tensor> Layer => layer;

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        if (layer is MaxPool2d or ZeroPad2d or Flatten or ReLU or ReLU6) return layer.call(input).MoveToOuterDisposeScope();
        if (layer is not Conv2d convolution) return layer.call(input.to_type(ScalarType.Float32)).MoveToOuterDisposeScope();
        Tensor half = input.to_type(ScalarType.BFloat16);
        Tensor result = ConvolutionOrder.NeedsChannelsFirst(convolution) ? ConvolutionOrder.RunChannelsFirst(half, Convolve) : Convolve(half);
        return result.MoveToOuterDisposeScope();

        Tensor Convolve(Tensor x) => nn.functional.conv2d(
            x, convolution.weight!.to_type(ScalarType.BFloat16), convolution.bias?.to_type(ScalarType.BFloat16),
            convolution.stride, convolution.padding, convolution.dilation, convolution.groups);
    }

    /// <summary>Does nothing: the layer belongs to the network.</summary>
    protected override void RegisterComponents()
    {
    }
}
