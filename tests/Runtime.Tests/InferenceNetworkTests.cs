using FineTune;
using FineTune.Inference;
using FineTune.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Runtime.Tests;

public sealed class InferenceNetworkTests
{
    public InferenceNetworkTests() => NativeLibraries.Load();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 2, 3)]
    [InlineData(8, 1, 3)]
    public void Folding_and_fusing_change_nothing_but_the_rounding(int groups, int stride, int kernel)
    {
        manual_seed(groups + stride);
        using var scope = NewDisposeScope();
        using var conv = nn.Conv2d(8, 16, kernel, stride: stride, padding: kernel / 2, groups: groups, bias: groups == 1);
        using var norm = nn.BatchNorm2d(16, eps: 1e-3);
        using var relu = nn.ReLU6(inplace: true);
        using (no_grad())
        {
            norm.weight!.copy_(rand(16) + 0.5);
            norm.bias!.copy_(randn(16));
            norm.running_mean!.copy_(randn(16));
            norm.running_var!.copy_(rand(16) + 0.1);
        }
        norm.eval();
        void Layers(ref ForwardPass pass)
        {
            pass.Pad(0, 1, 0, 1);
            pass.Run(conv);
            pass.Run(norm);
            pass.Run(relu);
        }

        using InferenceNetwork network = InferenceNetwork.Of(Layers);
        Tensor input = (4 * randn(3, 10, 12, 8)).permute(0, 3, 1, 2);
        Tensor fused = network.Forward(input);

        Tensor exact = Exact(input, conv, norm);
        Assert.Equal(exact.shape, fused.shape);
        Assert.InRange((fused.to_type(ScalarType.Float64) - exact).abs().max().item<double>(), 0, 5e-5);
        Assert.True(exact.eq(6).any().item<bool>() && exact.eq(0).any().item<bool>(), "the input reaches neither bound of the activation");

        using InferenceNetwork half = InferenceNetwork.Of(Layers, ScalarType.BFloat16);
        Tensor rounded = half.Forward(input);
        Assert.Equal(ScalarType.BFloat16, rounded.dtype);
        Assert.InRange((rounded.to_type(ScalarType.Float64) - exact).abs().mean().item<double>(), 1e-6, 0.05);
    }

    // Kinds of grouped convolutions: with several outputs for each input channel (wrong in channels-last order on some processors),
    // depthwise, and ordinary groups. Then strides of single pixels, whose gradient is wrong with few channels.
    [Theory]
    [InlineData(8, 16, 8, 3)]
    [InlineData(16, 32, 16, 5)]
    [InlineData(8, 16, 8, 1)]
    [InlineData(16, 16, 16, 3)]
    [InlineData(16, 32, 4, 3)]
    [InlineData(4, 6, 1, 1, 2)]
    [InlineData(12, 24, 1, 1, 2)]
    [InlineData(16, 24, 1, 1, 2)]
    public void Convolutions_and_their_gradients_are_right_in_channels_last_order(int inputs, int outputs, int groups, int kernel, int stride = 1)
    {
        manual_seed(groups + kernel);
        using var scope = NewDisposeScope();
        using var conv = nn.Conv2d(inputs, outputs, kernel, stride: stride, padding: kernel / 2, groups: groups);
        Tensor values = randn(3, 10, 12, inputs);
        Tensor input = values.permute(0, 3, 1, 2).requires_grad_(), weights = randn(3, outputs, 10 / stride, 12 / stride);
        Tensor exactInput = values.to_type(ScalarType.Float64).permute(0, 3, 1, 2).contiguous().detach().requires_grad_();
        Tensor exactKernel = conv.weight!.detach().to_type(ScalarType.Float64).requires_grad_();

        Tensor result = ForwardPass.Run(input, (ref ForwardPass pass) => pass.Run(conv));
        (result * weights).sum().backward();

        Tensor exact = nn.functional.conv2d(
            exactInput, exactKernel, conv.bias!.detach().to_type(ScalarType.Float64), strides: [stride, stride], padding: [kernel / 2, kernel / 2], groups: groups);
        (exact * weights.to_type(ScalarType.Float64)).sum().backward();
        Assert.InRange(SelfCheck.Error(result.detach(), exact.detach()), 0, 1e-5);
        Assert.InRange(SelfCheck.Error(conv.weight.grad!, exactKernel.grad!), 0, 1e-5);
        Assert.InRange(SelfCheck.Error(input.grad!, exactInput.grad!), 0, 1e-5);
    }

    [Fact]
    public void Layers_with_weights_that_are_no_convolutions_compute_in_float32()
    {
        manual_seed(3);
        using var scope = NewDisposeScope();
        using var conv = nn.Conv2d(3, 4, 1);
        using var pool = new GlobalPool2d(average: true);
        using var linear = nn.Linear(4, 2);
        using InferenceNetwork network = InferenceNetwork.Of(Layers, ScalarType.BFloat16);
        void Layers(ref ForwardPass pass)
        {
            pass.Run(conv);
            pass.Relu();
            pass.Run(pool);
            pass.Run(linear);
        }

        Tensor result = network.Forward(rand(2, 5, 5, 3).permute(0, 3, 1, 2));

        Assert.Equal(ScalarType.Float32, result.dtype);
        Assert.Equal([2, 2], result.shape);
    }

    [Fact]
    public void A_normalisation_that_still_learns_is_not_folded()
    {
        using var scope = NewDisposeScope();
        using var conv = nn.Conv2d(3, 4, 1);
        using var norm = nn.BatchNorm2d(4);
        norm.train();
        using InferenceNetwork network = InferenceNetwork.Of((ref ForwardPass pass) =>
        {
            pass.Run(conv);
            pass.Run(norm);
        });

        Tensor result = network.Forward(randn(8, 5, 5, 3).permute(0, 3, 1, 2));

        // Normalised by the batch itself.
        Assert.InRange(result.mean().item<float>(), -1e-5, 1e-5);
    }

    [Fact]
    public void A_classifier_is_split_at_what_its_head_reads()
    {
        using var scope = NewDisposeScope();
        using var conv = nn.Conv2d(3, 3, 1);
        using var head = new HeadedClassifier.ReversingHead();
        Tensor input = rand(2, 3, 4, 5);
        void Layers(ref ForwardPass pass)
        {
            Value start = pass.Current, features = pass.Add(pass.Run(conv), start);
            pass.Run(head, features);
            pass.Relu();
        }

        (InferenceNetwork body, InferenceNetwork after) = InferenceNetwork.Split(Layers);
        using (body)
        using (after)
        {
            Tensor features = body.Forward(input);
            Assert.Equal(input.shape, features.shape);
            Assert.InRange(SelfCheck.Error(features, conv.call(input).detach() + input), 0, 1e-5);
            Assert.InRange(SelfCheck.Error(after.Forward(features), ForwardPass.Run(input, Layers).detach()), 0, 1e-5);
        }
    }

    [Fact]
    public async Task The_garbage_collector_takes_nothing_that_a_convolution_still_needs()
    {
        using var conv = nn.Conv2d(4, 4, 3, padding: 1, groups: 2);
        using InferenceNetwork network = InferenceNetwork.Of((ref ForwardPass pass) => pass.Run(conv));
        using Tensor input = rand(1, 5, 5, 4).permute(0, 3, 1, 2);
        using Tensor expected = network.Forward(input);
        int collections = 0;
        using var done = new CancellationTokenSource();
        Task collector = Task.Run(() =>
        {
            for (; !done.IsCancellationRequested; Interlocked.Increment(ref collections))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }, CancellationToken.None);

        // As many passes as it takes for the collector to have run among them.
        for (int i = 0; i < 1000 || Volatile.Read(ref collections) < 50; i++)
        {
            using Tensor result = network.Forward(input);
            Assert.True(result.eq(expected).all().item<bool>());
        }
        await done.CancelAsync();
        await collector;
    }

    [Fact]
    public void Predictions_follow_the_weights_after_eval()
    {
        using var classifier = new TinyClassifier();
        byte[] red = Pictures.Plain(SkiaSharp.SKColors.Red);
        Assert.Equal(TinyLabel.Red, classifier.Predict(red).Label);

        using (no_grad()) classifier.Conv.weight.copy_(eye(3).flip(0).view(3, 3, 1, 1));
        classifier.eval();

        Assert.Equal(TinyLabel.Blue, classifier.Predict(red).Label);
    }

    private static Tensor Exact(Tensor input, TorchSharp.Modules.Conv2d conv, TorchSharp.Modules.BatchNorm2d norm)
    {
        Tensor padded = nn.functional.pad(input, [0, 1, 0, 1]).to_type(ScalarType.Float64);
        Tensor sums = nn.functional.conv2d(
            padded, conv.weight!.detach().to_type(ScalarType.Float64), conv.bias?.detach().to_type(ScalarType.Float64), conv.stride, conv.padding, groups: conv.groups);
        Tensor scale = norm.weight!.detach().to_type(ScalarType.Float64) / (norm.running_var!.to_type(ScalarType.Float64) + norm.eps).sqrt();
        Tensor shifted = (sums - norm.running_mean!.to_type(ScalarType.Float64).view(-1, 1, 1)) * scale.view(-1, 1, 1) + norm.bias!.detach().to_type(ScalarType.Float64).view(-1, 1, 1);
        return shifted.clamp(0, 6);
    }
}
