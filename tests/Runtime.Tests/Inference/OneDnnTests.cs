using FineTune.Inference;
using FineTune.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Runtime.Tests.Inference;

/// <summary>Each kind of fused convolution against float64. The numbers reach beyond every bound of every activation.</summary>
public sealed class OneDnnTests
{
    public OneDnnTests() => NativeLibraries.Load();

    public static TheoryData<string, bool, int> Activations()
    {
        var data = new TheoryData<string, bool, int>();
        foreach (string activation in Enum.GetNames<ActivationFunction>())
        {
            foreach (bool channelsLast in (bool[])[true, false])
            {
                foreach (int groups in (int[])[1, 8]) data.Add(activation, channelsLast, groups);
            }
        }
        return data;
    }

    public static TheoryData<bool, bool, bool, bool> Sums()
    {
        var data = new TheoryData<bool, bool, bool, bool>();
        for (int i = 0; i < 16; i++) data.Add((i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0);
        return data;
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void An_activation_in_a_convolution_is_exact(string activation, bool channelsLast, int groups)
    {
        Assert.SkipUnless(OneDnn.IsAvailable, "This libtorch has no oneDNN.");
        using var scope = NewDisposeScope();
        manual_seed(1);
        var function = Enum.Parse<ActivationFunction>(activation);
        var geometry = new ConvolutionGeometry((2, 1), (1, 2), (1, 2), groups);
        Tensor input = Order(3 * randn(2, 8, 9, 11), channelsLast), weight = randn(8, 8 / groups, 3, 5), bias = randn(8);

        Tensor fused = OneDnn.Convolution(geometry, function)(input, weight, bias);

        Tensor exact = function.Apply(geometry.Convolve(Double(input), Double(weight), Double(bias)), overwrites: false);
        Assert.Equal(exact.shape, fused.shape);
        Assert.InRange(SelfCheck.Error(fused, exact), 0, 1e-5);
        Assert.Equal(exact.shape, geometry.OutputShape(input.shape, weight.shape));
    }

    [Theory]
    [MemberData(nameof(Sums))]
    public void A_residual_sum_in_a_convolution_is_exact(bool relu, bool overwrites, bool channelsLast, bool otherChannelsLast)
    {
        Assert.SkipUnless(OneDnn.IsAvailable, "This libtorch has no oneDNN.");
        using var scope = NewDisposeScope();
        manual_seed(1);
        ActivationFunction function = relu ? ActivationFunction.Relu : ActivationFunction.None;
        var geometry = new ConvolutionGeometry((2, 1), (1, 2), (1, 2), 1);
        Tensor input = Order(randn(2, 8, 9, 11), channelsLast), weight = randn(8, 8, 3, 5), bias = randn(8);
        Tensor exact = geometry.Convolve(Double(input), Double(weight), Double(bias));
        Tensor other = Order(10 * randn(exact.shape), otherChannelsLast), kept = other.clone();

        Tensor fused = OneDnn.ConvolutionAndSum(geometry, function, overwrites)(input, weight, bias, other);

        Assert.InRange(SelfCheck.Error(fused, function.Apply(exact + Double(kept), overwrites: false)), 0, 1e-5);
        Assert.Equal(overwrites, other.ne(kept).any().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_bfloat16_an_activation_in_a_convolution_is_exact_but_for_the_rounding(string activation)
    {
        Assert.SkipUnless(OneDnn.Supports(ScalarType.BFloat16), "oneDNN does not compute in bfloat16 on this processor.");
        using var scope = NewDisposeScope();
        manual_seed(2);
        var function = Enum.Parse<ActivationFunction>(activation);
        var geometry = new ConvolutionGeometry((1, 1), (1, 1), (1, 1), 1);
        Tensor input = Half(Order(randn(2, 16, 9, 11), channelsLast: true)), weight = Half(randn(16, 16, 3, 3) / 4), bias = Half(randn(16));

        Tensor fused = OneDnn.Convolution(geometry, function)(input, weight, bias);

        Assert.Equal(ScalarType.BFloat16, fused.dtype);
        Assert.InRange(SelfCheck.Error(fused, function.Apply(geometry.Convolve(Double(input), Double(weight), Double(bias)), overwrites: false)), 0, 0.01);
    }

    public static TheoryData<string> Kinds() => [.. Enum.GetNames<ActivationFunction>()];

    private static Tensor Half(Tensor x) => x.to_type(ScalarType.BFloat16);

    private static Tensor Double(Tensor x) => x.to_type(ScalarType.Float64);

    private static Tensor Order(Tensor x, bool channelsLast) => channelsLast ? x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : x.contiguous();
}
