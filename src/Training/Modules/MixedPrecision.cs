using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>
/// A layer that learns in mixed precision, as PyTorch's autocast does it: convolutions compute in bfloat16 with weights rounded anew
/// in each pass, everything else in float32; weights, their gradients and the optimizer stay in float32.
/// </summary>
internal sealed class MixedPrecision(nn.Module<Tensor, Tensor> layer) : nn.Module<Tensor, Tensor>(nameof(MixedPrecision))
{
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        if (layer is MaxPool2d or ZeroPad2d or Flatten or ReLU or ReLU6) return layer.call(input).MoveToOuterDisposeScope();
        if (layer is not Conv2d convolution) return layer.call(input.to_type(ScalarType.Float32)).MoveToOuterDisposeScope();
        return nn.functional.conv2d(
            input.to_type(ScalarType.BFloat16), convolution.weight!.to_type(ScalarType.BFloat16), convolution.bias?.to_type(ScalarType.BFloat16),
            convolution.stride, convolution.padding, convolution.dilation, convolution.groups).MoveToOuterDisposeScope();
    }

    /// <summary>Does nothing: the layer belongs to the network.</summary>
    protected override void RegisterComponents()
    {
    }
}
