using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// A convolution for inference: the batch normalisation after it is folded into its weights, and the sum with another tensor and the activation
/// after it are part of it. Without a batch normalisation and in float32 it uses the layer's own tensors.
/// </summary>
internal sealed class FusedConvolution : IDisposable
{
    private readonly Tensor _weight;
    private readonly Tensor _bias;
    private readonly ConvolutionGeometry _geometry;
    private readonly ActivationFunction _activation;
    private readonly Func<Tensor, Tensor, Tensor, Tensor>? _oneDnn;
    private readonly Func<Tensor, Tensor, Tensor, Tensor, Tensor>? _oneDnnSum;
    private volatile bool _isSafe;

    /// <summary>Folds the layers together.</summary>
    /// <param name="layer">The convolution.</param>
    /// <param name="norm">The batch normalisation after it, or null.</param>
    /// <param name="activation">The activation after both, and after the sum.</param>
    /// <param name="type">float32 or bfloat16.</param>
    /// <param name="overwritesOther">Whether the sum may take the other tensor's memory; null if there is no sum.</param>
    public FusedConvolution(Conv2d layer, BatchNorm2d? norm, ActivationFunction activation, ScalarType type, bool? overwritesOther = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor weight = layer.weight!.detach();
        Tensor bias = layer.bias?.detach() ?? zeros(layer.out_channels, device: weight.device);
        if (norm is not null) (weight, bias) = Fold(weight, bias, norm);
        _weight = weight.to_type(type).DetachFromDisposeScope();
        _bias = bias.to_type(type).DetachFromDisposeScope();
        _geometry = ConvolutionGeometry.Of(layer) ?? throw new ArgumentException("The convolution has more than can be fused.", nameof(layer));
        _activation = activation;
        _isSafe = ConvolutionOrder.NeedsChannelsFirst(layer);
        Layer = layer;
        if (weight.device_type != DeviceType.CPU || !OneDnn.Supports(type)) return;
        if (overwritesOther is not { } overwrites) _oneDnn = OneDnn.Convolution(_geometry, activation);
        else if (layer.groups == 1 && activation is ActivationFunction.None or ActivationFunction.Relu) _oneDnnSum = OneDnn.ConvolutionAndSum(_geometry, activation, overwrites);
    }

    /// <summary>The convolution that this was made from.</summary>
    public Conv2d Layer { get; }

    /// <summary>Whether this class supports everything that a layer does.</summary>
    public static bool Supports(Conv2d layer) => ConvolutionGeometry.Of(layer) is not null;

    /// <summary>Runs it.</summary>
    /// <param name="input"><c>[N, I, H, W]</c> of any floating type.</param>
    /// <param name="other">What is added before the activation, or null. It may be overwritten if this was made so.</param>
    /// <returns><c>[N, O, H', W']</c> of this convolution's type, or of the sum's.</returns>
    public Tensor Apply(Tensor input, Tensor? other = null)
    {
        bool converts = input.dtype != _weight.dtype;
        Tensor x = converts ? input.to_type(_weight.dtype) : input;
        try
        {
            return _isSafe ? ConvolutionOrder.RunChannelsFirst(x, ordered => ConvolvePlainly(ordered, other)) : ConvolveFast(x, other);
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
    /// <param name="other">What is added before the activation, or null; it is not changed.</param>
    /// <param name="tolerance">The largest error, as a share of the largest number.</param>
    /// <returns>Whether the fast way was wrong.</returns>
    /// <exception cref="WrongKernelException">The safe way is wrong, too.</exception>
    public bool AvoidWrongKernel(Tensor input, Tensor? other, double tolerance)
    {
        if (_isSafe) return false;
        using DisposeScope scope = NewDisposeScope();
        Tensor sums = _geometry.Convolve(
            input.to_type(_weight.dtype).to_type(ScalarType.Float64), _weight.to_type(ScalarType.Float64), _bias.to_type(ScalarType.Float64));
        if (other is not null) sums = sums.add_(other.to_type(ScalarType.Float64));
        Tensor exact = _activation.Apply(sums, overwrites: true);
        if (SelfCheck.Error(Apply(input, other?.clone()), exact) <= tolerance) return false;
        ConvolutionOrder.Avoid(Layer);
        _isSafe = true;
        double error = SelfCheck.Error(Apply(input, other?.clone()), exact);
        return error <= tolerance ? true : throw new WrongKernelException(string.Create(CultureInfo.InvariantCulture,
            $"A convolution gives wrong results on this machine, even with the safe implementation: they are off by {error:0.0e+0} of the largest. {SelfCheck.Describe()}."));
    }

    private Tensor ConvolveFast(Tensor input, Tensor? other)
    {
        Tensor? result = other is null
            ? _oneDnn?.Invoke(input, _weight, _bias)
            : IsOfResult(other, input) ? _oneDnnSum?.Invoke(input, _weight, _bias, other) : null;
        return result is null ? ConvolvePlainly(input, other) : KernelFault.Current?.Invoke(Layer, false, result) ?? result;
    }

    private Tensor ConvolvePlainly(Tensor input, Tensor? other)
    {
        Tensor result = _geometry.Convolve(input, _weight, _bias);
        if (other is not null) result = Add(result, other);
        Tensor activated = _activation.Apply(result, overwrites: true);
        if (!ReferenceEquals(activated, result)) result.Dispose();
        result = activated;
        return KernelFault.Current?.Invoke(Layer, _isSafe, result) ?? result;
    }

    /// <summary>Whether a tensor has the shape and the type of the result, which oneDNN's sum asks for.</summary>
    private bool IsOfResult(Tensor other, Tensor input) => other.dtype == _weight.dtype && other.shape.AsSpan().SequenceEqual(_geometry.OutputShape(input.shape, _weight.shape));

    private static Tensor Add(Tensor sums, Tensor other)
    {
        if (other.dtype == sums.dtype && other.shape.AsSpan().SequenceEqual(sums.shape)) return sums.add_(other);
        using (sums) return sums.add(other);
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
