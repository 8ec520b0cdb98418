using FineTune.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Doctor;

/// <summary>
/// A kind of convolution that a library may have a kernel of its own for. libtorch 2.10 computes some grouped ones wrong on some processors:
/// channels-last input, one input channel for each group and several outputs for each group.
/// </summary>
/// <param name="Title">What people call it.</param>
/// <param name="Inputs">Channels of the input.</param>
/// <param name="Outputs">Channels of the output.</param>
/// <param name="Kernel">Rows and columns of the window.</param>
/// <param name="Groups">How many groups.</param>
internal sealed record KernelCase(string Title, int Inputs, int Outputs, int Kernel, int Groups)
{
    /// <summary>The largest difference from the exact result as a share of its largest number; bfloat16 has 8 bits. A wrong kernel is off by about 1.</summary>
    private const double Tolerance = 0.05;

    private const int Side = 14;

    /// <summary>The kinds that backbones have.</summary>
    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("ordinary", 32, 32, 3, 1),
        new("pointwise", 32, 64, 1, 1),
        new("depthwise", 32, 32, 3, 32),
        new("depthwise", 32, 32, 5, 32),
        new("grouped", 32, 64, 3, 8),
        new("depthwise with several outputs", 8, 16, 1, 8),
        new("depthwise with several outputs", 8, 16, 3, 8),
        new("depthwise with several outputs", 16, 32, 3, 16),
        new("depthwise with several outputs", 32, 64, 5, 32),
    ];

    /// <summary>Compares the result in channels-last order, in float32 and in bfloat16, with that in channels-first order in float64.</summary>
    /// <param name="fault">Changes what was computed, for tests; null otherwise.</param>
    public bool IsRight(Func<KernelCase, Tensor, Tensor>? fault = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        // Numbers without a random generator, so that the check is the same everywhere.
        Tensor input = Numbers(2, Inputs, Side, Side), weight = Numbers(Outputs, Inputs / Groups, Kernel, Kernel);
        Tensor exact = Convolve(input, weight);
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            // Rounded first, so that only the kernel differs.
            Tensor rounded = input.to_type(type), kernel = weight.to_type(type);
            Tensor wanted = type == ScalarType.Float32 ? exact : Convolve(rounded.to_type(ScalarType.Float64), kernel.to_type(ScalarType.Float64));
            Tensor actual = Convolve(ChannelsLast(rounded), ChannelsLast(kernel));
            if (fault is not null) actual = fault(this, actual);
            if (SelfCheck.Error(actual, wanted) > Tolerance) return false;
        }
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => FormattableString.Invariant($"{Title}, {Inputs} to {Outputs} channels, {Kernel} × {Kernel}");

    private Tensor Convolve(Tensor input, Tensor weight) => nn.functional.conv2d(input, weight, padding: [Kernel / 2, Kernel / 2], groups: Groups);

    private static Tensor ChannelsLast(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static Tensor Numbers(params long[] shape) => arange(shape.Aggregate(1L, static (a, b) => a * b), ScalarType.Float64).mul(1.7).sin().reshape(shape);
}
