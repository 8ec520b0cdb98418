using FineTune;
using FineTune.Inference;
using FineTune.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Runtime.Tests;

[Collection(nameof(TensorLeakTests))]
public sealed class ForwardPassTests
{
    public ForwardPassTests() => NativeLibraries.Load();

    [Fact]
    public void A_step_reads_the_value_before_it_unless_it_is_given_another()
    {
        using Tensor input = tensor(new float[] { -8, 2, 9 });

        using Tensor result = ForwardPass.Run(input, static (ref ForwardPass pass) =>
        {
            Value start = pass.Current;
            Value capped = pass.Relu6();
            pass.Relu(start);
            pass.Add(pass.Current, capped, start);
        });

        Assert.Equal([-8, 6, 24], result.data<float>().ToArray());
    }

    [Fact]
    public void A_pass_without_steps_gives_a_tensor_of_its_own()
    {
        using Tensor input = ones(2);

        Tensor result = ForwardPass.Run(input, static (ref ForwardPass _) => { });
        result.Dispose();

        Assert.Equal([1, 1], input.data<float>().ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_activation_in_place_leaves_what_others_read(bool hasGradients)
    {
        using IDisposable mode = hasGradients ? enable_grad() : no_grad();
        using nn.Module<Tensor, Tensor> relu = nn.ReLU(inplace: true);
        using Tensor input = tensor(new float[] { -1, 2 });
        void Layers(ref ForwardPass pass)
        {
            Value first = pass.Run(relu), sum = pass.Add(pass.Current, default(Value));
            Value active = pass.Run(relu, sum);
            pass.Add(active, sum, first);
        }
        using InferenceNetwork network = InferenceNetwork.Of(Layers);

        using Tensor result = ForwardPass.Run(input, Layers), inferred = network.Forward(input);

        Assert.Equal([-1, 10], result.data<float>().ToArray());
        Assert.Equal([-1, 10], inferred.data<float>().ToArray());
        Assert.Equal([-1, 2], input.data<float>().ToArray());
    }

    [Fact]
    public void A_value_is_freed_after_the_last_step_that_reads_it()
    {
        List<long> counts = [];
        using var counting = new Counting(counts);
        using Tensor input = rand(3);
        using IDisposable noGradient = no_grad();
        void Layers(ref ForwardPass pass)
        {
            Value first = pass.Run(counting), second = pass.Run(counting), third = pass.Run(counting);
            pass.Run(counting, first);
            pass.Add(second, pass.Current);
            pass.Run(counting);
        }
        using InferenceNetwork network = InferenceNetwork.Of(Layers);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;

        // Before each layer: nothing; the first; both; without the third, which no layer reads; the sum alone.
        ForwardPass.Run(input, Layers).Dispose();
        Assert.Equal([0, 1, 2, 2, 1], counts.Select(count => count - before));
        counts.Clear();
        network.Forward(input).Dispose();
        Assert.Equal([0, 1, 2, 2, 1], counts.Select(count => count - before));
    }

    [Fact]
    public void A_layer_that_fails_leaves_nothing_behind()
    {
        using var linear = nn.Linear(3, 3);
        using var wrong = nn.Linear(4, 3);
        using Tensor input = rand(2, 3);
        void Layers(ref ForwardPass pass)
        {
            Value first = pass.Run(linear);
            pass.Run(linear);
            pass.Run(wrong);
            pass.Add(pass.Current, first);
        }
        using InferenceNetwork network = InferenceNetwork.Of(Layers);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;

        Assert.ThrowsAny<Exception>(() => ForwardPass.Run(input, Layers));
        Assert.ThrowsAny<Exception>(() => network.Forward(input));

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Values_of_another_pass_are_refused() => Assert.Throws<ArgumentException>(static () => ForwardPass.Run(ones(1), static (ref ForwardPass pass) =>
    {
        Value late = default;
        using Tensor other = ForwardPass.Run(ones(1), (ref ForwardPass longer) =>
        {
            longer.Relu();
            late = longer.Relu();
        });
        pass.Relu(late);
    }));

    /// <summary>Copies, and notes how many tensors there are before.</summary>
    private sealed class Counting(List<long> counts) : nn.Module<Tensor, Tensor>(nameof(Counting))
    {
        public override Tensor forward(Tensor input)
        {
            counts.Add(Tensor.TotalCount);
            return input.clone();
        }
    }
}
