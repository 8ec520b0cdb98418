using System.Globalization;
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
    private volatile bool _isSafe;
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
        _isSafe = ConvolutionOrder.NeedsChannelsFirst(layer);
        Layer = layer;
        if (weight.device_type == DeviceType.CPU && OneDnn.IsAvailable) _oneDnn = OneDnn.Convolution(_stride, _padding, _groups, activation);
    }

    /// <summary>The convolution that this was made from.</summary>
    public Conv2d Layer { get; }

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
            return _isSafe ? ConvolutionOrder.RunChannelsFirst(x, ConvolvePlainly) : ConvolveFast(x);
        }
        finally
        {
            if (converts) x.Dispose();
        }
    }

    /// <summary>
    /// Runs this convolution in the safe way from now on, where the fast one is wrong: in channels-first order, and without oneDNN's fused operation.
    /// </summary>
    /// <param name="input">Its input.</param>
    /// <param name="tolerance">The largest error, as a share of the largest number.</param>
    /// <returns>Whether the fast way was wrong.</returns>
    /// <exception cref="WrongKernelException">The safe way is wrong, too.</exception>
    public bool AvoidWrongKernel(Tensor input, double tolerance)
    {
        if (_isSafe) return false;
        using DisposeScope scope = NewDisposeScope();
        Tensor exact = Activate(nn.functional.conv2d(
            input.to_type(_weight.dtype).to_type(ScalarType.Float64), _weight.to_type(ScalarType.Float64), _bias.to_type(ScalarType.Float64),
            [_stride, _stride], [_padding, _padding], [1, 1], _groups));
        if (SelfCheck.Error(Apply(input), exact) <= tolerance) return false;
        ConvolutionOrder.Avoid(Layer);
        _isSafe = true;
        double error = SelfCheck.Error(Apply(input), exact);
        return error <= tolerance ? true : throw new WrongKernelException(string.Create(CultureInfo.InvariantCulture,
            $"A convolution gives wrong results on this machine, also in the safe way: they are off by {error:0.0e+0} of the largest. {SelfCheck.Describe()}."));
    }

    private Tensor ConvolveFast(Tensor input)
    {
        Tensor result = _oneDnn is null ? ConvolvePlainly(input) : _oneDnn(input, _weight, _bias);
        return _oneDnn is null ? result : KernelFault.Current?.Invoke(Layer, false, result) ?? result;
    }

    private Tensor ConvolvePlainly(Tensor input)
    {
        Tensor result = Activate(nn.functional.conv2d(input, _weight, _bias, [_stride, _stride], [_padding, _padding], [1, 1], _groups));
        return KernelFault.Current?.Invoke(Layer, _isSafe, result) ?? result;
    }

    private Tensor Activate(Tensor sums) => _activation switch
    {
        FusedActivation.Relu => sums.relu_(),
        FusedActivation.Relu6 => nn.functional.relu6(sums, inplace: true),
        _ => sums,
    };

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
