using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// A convolution for inference: the batch normalisation behind it is folded into its weights, its activation is part of it. Without
/// a batch normalisation and in float32 it uses the layer's own tensors.
/// </summary>
internal sealed class FusedConvolution : IDisposable
{
    private readonly Tensor _weight;
    private readonly Tensor _bias;
    private readonly long _stride;
    private readonly long _padding;
    private readonly long _groups;
    private readonly FusedActivation _activation;
    private readonly bool _needsChannelsFirst;
    private readonly Func<Tensor, Tensor, Tensor, Tensor>? _oneDnn;

    /// <summary>Folds the layers together.</summary>
    /// <param name="layer">The convolution.</param>
    /// <param name="norm">The batch normalisation behind it, or null.</param>
    /// <param name="activation">The activation behind both.</param>
    /// <param name="type">float32 or bfloat16.</param>
    public FusedConvolution(Conv2d layer, BatchNorm2d? norm, FusedActivation activation, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor weight = layer.weight!.detach();
        Tensor bias = layer.bias?.detach() ?? zeros(layer.out_channels, device: weight.device);
        if (norm is not null) (weight, bias) = Fold(weight, bias, norm);
        _weight = weight.to_type(type).DetachFromDisposeScope();
        _bias = bias.to_type(type).DetachFromDisposeScope();
        _stride = layer.stride[0];
        _padding = layer.padding![0];
        _groups = layer.groups;
        _activation = activation;
        _needsChannelsFirst = ConvolutionOrder.NeedsChannelsFirst(layer);
        if (weight.device_type == DeviceType.CPU && OneDnn.IsAvailable) _oneDnn = OneDnn.Convolution(_stride, _padding, _groups, activation);
    }

    /// <summary>Whether a layer has no more than what is done here: square windows, equal strides, zeros around.</summary>
    public static bool Supports(Conv2d layer) =>
        layer is { transposed: false, padding_mode: PaddingModes.Zeros, stride: [var down, var across], padding: [var top, var left], dilation: [1, 1] }
        && down == across && top == left;

    /// <summary>Runs it.</summary>
    /// <param name="input"><c>[N, I, H, W]</c> of any floating type.</param>
    /// <returns><c>[N, O, H', W']</c> of this convolution's type.</returns>
    public Tensor Apply(Tensor input)
    {
        bool converts = input.dtype != _weight.dtype;
        Tensor x = converts ? input.to_type(_weight.dtype) : input;
        try
        {
            return _needsChannelsFirst ? ConvolutionOrder.RunChannelsFirst(x, Convolve) : Convolve(x);
        }
        finally
        {
            if (converts) x.Dispose();
        }
    }

    private Tensor Convolve(Tensor input)
    {
        if (_oneDnn is not null) return _oneDnn(input, _weight, _bias);
        Tensor result = nn.functional.conv2d(input, _weight, _bias, [_stride, _stride], [_padding, _padding], [1, 1], _groups);
        return _activation switch
        {
            FusedActivation.Relu => result.relu_(),
            FusedActivation.Relu6 => nn.functional.relu6(result, inplace: true),
            _ => result,
        };
    }

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }

    /// <summary>γ (w·x + b - μ) / √(σ² + ε) + β as one convolution, computed in float64.</summary>
    private static (Tensor Weight, Tensor Bias) Fold(Tensor weight, Tensor bias, BatchNorm2d norm)
    {
        Tensor factor = norm.weight!.detach().to_type(ScalarType.Float64) / (norm.running_var!.to_type(ScalarType.Float64) + norm.eps).sqrt();
        Tensor folded = (bias.to_type(ScalarType.Float64) - norm.running_mean!.to_type(ScalarType.Float64)) * factor + norm.bias!.detach().to_type(ScalarType.Float64);
        return ((weight.to_type(ScalarType.Float64) * factor.view(-1, 1, 1, 1)).to_type(ScalarType.Float32), folded.to_type(ScalarType.Float32));
    }
}
