using FineTune;
using FineTune.Inference;
using FineTune.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Runtime.Tests.Inference;

/// <summary>Sums that are part of a convolution. 16 channels, for which oneDNN has its own kernels.</summary>
public sealed class ResidualSumTests : IDisposable
{
    private readonly DisposeScope _scope;
    private readonly Conv2d _first;
    private readonly Conv2d _second;
    private readonly Tensor _input;

    public ResidualSumTests()
    {
        NativeLibraries.Load();
        _scope = NewDisposeScope();
        manual_seed(5);
        _first = nn.Conv2d(16, 16, 3, padding: 1);
        _second = nn.Conv2d(16, 16, 3, padding: 1, bias: false);
        _input = randn(2, 9, 8, 16).permute(0, 3, 1, 2);
    }

    public void Dispose()
    {
        KernelFault.Current = null;
        _first.Dispose();
        _second.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void The_sum_and_the_relu_after_it_are_part_of_the_convolution()
    {
        List<Tensor> results = Record(Residual);

        Assert.Equal(2, results.Count);
        Assert.InRange(SelfCheck.Error(results[1], ExactResidual()), 0, 1e-5);
    }

    [Fact]
    public void A_convolution_that_something_else_reads_keeps_its_own_result()
    {
        List<Tensor> results = Record((ref ForwardPass pass) =>
        {
            Value first = pass.Run(_first), second = pass.Run(_second);
            pass.Add(pass.Relu(pass.Add(second, first)), second);
        });

        Assert.InRange(SelfCheck.Error(results[1], Convolve(_second, Convolve(_first, Double(_input)))), 0, 1e-5);
    }

    [Fact]
    public void The_sum_of_a_convolution_with_its_own_input_is_right()
    {
        // The convolution reads what the sum could overwrite.
        Check((ref ForwardPass pass) =>
        {
            Value first = pass.Run(_first);
            pass.Add(pass.Run(_second), first);
        }, first => Convolve(_second, first) + first);
    }

    [Fact]
    public void The_other_operand_is_not_overwritten_where_a_view_of_it_is_read_later()
    {
        using var view = new View();
        Check((ref ForwardPass pass) =>
        {
            Value first = pass.Run(_first), seen = pass.Run(view), pooled = pass.Relu(first);
            pass.Run(_second, pooled);
            pass.Add(pass.Add(pass.Current, first), seen);
        }, first => Convolve(_second, first.relu()) + first + first);
    }

    [Fact]
    public void A_sum_that_repeats_the_other_operand_is_right()
    {
        using var pool = new GlobalPool2d(average: true, keep: true);
        Check((ref ForwardPass pass) =>
        {
            Value first = pass.Run(_first), mean = pass.Run(pool);
            pass.Add(pass.Run(_second, first), mean);
        }, first => Convolve(_second, first) + first.mean([2, 3], keepdim: true));
    }

    [Fact]
    public void In_bfloat16_a_sum_with_a_float32_operand_is_as_exact_as_its_convolution()
    {
        using InferenceNetwork network = InferenceNetwork.Of((ref ForwardPass pass) =>
        {
            Value input = pass.Current;
            pass.Add(input, pass.Run(_first));
            pass.Relu();
        }, ScalarType.BFloat16);

        Tensor result = network.Forward(_input);

        Assert.Equal(ScalarType.Float32, result.dtype);
        Assert.InRange(SelfCheck.Error(result, (Convolve(_first, Double(_input)) + Double(_input)).relu()), 0, 0.01);
    }

    [Fact]
    public void A_wrong_kernel_of_a_convolution_with_a_sum_is_found_and_avoided()
    {
        using InferenceNetwork network = InferenceNetwork.Of(Residual);
        KernelFault.Current = (layer, isSafe, result) => layer == _second && !isSafe ? result * 0 : result;

        IReadOnlyList<Conv2d> wrong = SelfCheck.Run([network], _input, ExactResidual(), ScalarType.Float32);

        Assert.Equal([_second], wrong);
        Assert.InRange(SelfCheck.Error(network.Forward(_input), ExactResidual()), 0, 1e-5);
    }

    private void Residual(ref ForwardPass pass)
    {
        Value first = pass.Run(_first), middle = pass.Relu();
        pass.Run(_second, middle);
        pass.Add(pass.Current, first);
        pass.Relu();
    }

    private Tensor ExactResidual()
    {
        Tensor first = Convolve(_first, Double(_input));
        return (Convolve(_second, first.relu()) + first).relu();
    }

    /// <summary>The results of the convolutions, with what is part of them.</summary>
    private List<Tensor> Record(ForwardPass.Description layers)
    {
        Assert.SkipUnless(OneDnn.IsAvailable, "This libtorch has no oneDNN.");
        using InferenceNetwork network = InferenceNetwork.Of(layers);
        List<Tensor> results = [];
        KernelFault.Current = (_, _, result) =>
        {
            results.Add(result.clone());
            return result;
        };
        network.Forward(_input).Dispose();
        return results;
    }

    /// <summary>Compares a network with what it computes of the first convolution's output.</summary>
    private void Check(ForwardPass.Description layers, Func<Tensor, Tensor> exact)
    {
        using InferenceNetwork network = InferenceNetwork.Of(layers);
        Assert.InRange(SelfCheck.Error(network.Forward(_input), exact(Convolve(_first, Double(_input)))), 0, 1e-5);
    }

    private static Tensor Convolve(Conv2d layer, Tensor input) =>
        nn.functional.conv2d(input, Double(layer.weight!.detach()), layer.bias is null ? null : Double(layer.bias.detach()), padding: layer.padding);

    private static Tensor Double(Tensor x) => x.to_type(ScalarType.Float64);
}
