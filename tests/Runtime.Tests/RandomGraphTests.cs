using CsCheck;
using FineTune;
using FineTune.Inference;
using FineTune.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Runtime.Tests;

/// <summary>Random graphs find errors in combinations of fusions and reuses of memory that were not foreseen.</summary>
[Collection(nameof(TensorLeakTests))]
public sealed class RandomGraphTests
{
    private const int Graphs = 300;
    private static readonly Gen<int[]> Genes = Gen.Int[1, 1_000_000].Array[1, 14];

    public RandomGraphTests() => NativeLibraries.Load();

    [Fact]
    public void Fused_inference_computes_what_the_layers_do_in_float64() => Genes.Sample(static genes =>
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var graph = new RandomGraph(genes, learns: false);
        Tensor input = RandomGraph.Input(), given = input.clone();
        using InferenceNetwork network = InferenceNetwork.Of(graph.Describe);
        List<TorchSharp.Modules.Conv2d> wrong = [];

        Tensor fused = network.Forward(input);
        Tensor stepwise = ForwardPass.Run(input, graph.Describe);
        Tensor whileChecking = network.AvoidWrongKernels(input, 1e-4, wrong);

        foreach (nn.Module layer in graph.Layers) layer.to(ScalarType.Float64);
        Tensor exact = graph.Compute(input.to_type(ScalarType.Float64));
        Assert.InRange(SelfCheck.Error(fused, exact), 0, 1e-5);
        Assert.InRange(SelfCheck.Error(stepwise, exact), 0, 1e-5);
        Assert.InRange(SelfCheck.Error(whileChecking, exact), 0, 1e-5);
        Assert.Empty(wrong);
        Assert.True(input.eq(given).all().item<bool>(), "the input was overwritten");
    }, iter: Graphs, threads: 1, print: Print);

    [Fact]
    public void Gradients_of_a_graph_are_those_of_its_layers() => Genes.Sample(static genes =>
    {
        using DisposeScope scope = NewDisposeScope();
        using var graph = new RandomGraph(genes, learns: true);
        foreach (nn.Module layer in graph.Layers) layer.to(ScalarType.Float64);
        Tensor values = RandomGraph.Input().to_type(ScalarType.Float64);
        Tensor input = values.clone().requires_grad_(), exactInput = values.clone().requires_grad_();

        Tensor exact = graph.Compute(exactInput), weights = randn(exact.shape, ScalarType.Float64);
        (exact * weights).sum().backward();
        Tensor[] exactGradients = [exactInput.grad!.clone(), .. Gradients(graph)];
        Tensor result = ForwardPass.Run(input, graph.Describe);
        (result * weights).sum().backward();

        Assert.InRange(SelfCheck.Error(result.detach(), exact.detach()), 0, 1e-12);
        Tensor[] gradients = [input.grad!, .. Gradients(graph)];
        double largest = exactGradients.Max(static g => g.abs().max().item<double>());
        foreach ((Tensor gradient, Tensor exactGradient) in gradients.Zip(exactGradients))
        {
            Assert.InRange((gradient - exactGradient).abs().max().item<double>() / Math.Max(largest, 1), 0, 1e-7);
        }
        Assert.True(values.eq(input).all().item<bool>(), "the input was overwritten");
    }, iter: Graphs, threads: 1, print: Print);

    [Fact]
    public void A_pass_and_an_inference_leave_their_result_and_nothing_else() => Genes.Sample(static genes =>
    {
        using var graph = new RandomGraph(genes, learns: false);
        using Tensor input = RandomGraph.Input();
        using InferenceNetwork network = InferenceNetwork.Of(graph.Describe);
        // Values that are created once and kept are created here.
        network.Forward(input).Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using IDisposable noGradient = no_grad();
        long before = Tensor.TotalCount;

        using (ForwardPass.Run(input, graph.Describe)) Assert.Equal(before + 1, Tensor.TotalCount);
        using (network.Forward(input)) Assert.Equal(before + 1, Tensor.TotalCount);

        Assert.Equal(before, Tensor.TotalCount);
    }, iter: 50, threads: 1, print: Print);

    /// <summary>The gradients of the parameters, which are zero again then.</summary>
    private static Tensor[] Gradients(RandomGraph graph)
    {
        List<Tensor> gradients = [];
        foreach (TorchSharp.Modules.Parameter parameter in graph.Layers.SelectMany(static layer => layer.parameters()))
        {
            gradients.Add(parameter.grad is { } gradient ? gradient.clone() : zeros_like(parameter));
            parameter.grad?.zero_();
        }
        return [.. gradients];
    }

    private static string Print(int[] genes)
    {
        using var graph = new RandomGraph(genes, learns: false);
        return $"[{string.Join(", ", genes)}]\n{graph}";
    }
}
