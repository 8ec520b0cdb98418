using System.Reflection;
using FineTune.Inference;
using FineTune.Parity;
using FineTune.Training.Modules;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Modules;

/// <summary>
/// The description of a network, the trainer's module and the generated class are three accounts of one thing. Random networks find
/// where they differ.
/// </summary>
public class RandomNetworkTests
{
    private const int Networks = 80;

    // Kernel 3 and stride 3 on an input of which only one side is a multiple of the stride: zeros above and below, none at the sides.
    private const string UnevenBackbone = """
        name = "uneven"
        input = [64, 66]
        layers = [{ name = "input", type = "input" }, { name = "conv", type = "conv2d", filters = 4, kernel = 3, stride = 3 }]
        """;

    [Fact]
    public void The_trainers_module_and_the_generated_class_compute_the_described_network()
    {
        RandomNetwork[] networks = [Uneven(), .. Enumerable.Range(1, Networks).Select(RandomNetworks.Draw)];
        Assembly generated = GeneratedClasses.Compile("RandomNetworks", networks.SelectMany(static (network, i) =>
            new[] { ($"/p/{i}.backbone", network.Backbone), ($"/p/{i}.modelspec", network.Spec) }));
        FineTune.Native.NativeLibraries.Load();
        foreach (RandomNetwork network in networks)
        {
            try
            {
                Check(network.Plan, generated);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{network.Backbone}\n{network.Spec}", e);
            }
        }
    }

    private static void Check(TrainingPlan plan, Assembly generated)
    {
        Network network = plan.Network;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var module = new NetworkModule(network);
        using nn.Module<Tensor, Tensor> classifier = GeneratedClasses.CreateUntrained(generated, network);
        Dictionary<string, Tensor> state = classifier.state_dict();
        Assert.Equal(module.state_dict().Keys.Order(StringComparer.Ordinal), state.Keys.Order(StringComparer.Ordinal));
        foreach ((string key, Tensor tensor) in module.state_dict()) state[key].copy_(tensor);
        module.eval();
        classifier.eval();
        Tensor input = CounterHash.Fill(5, 1, 2, 3, network.InputHeight, network.InputWidth);
        float[] given = input.data<float>().ToArray();

        foreach (Layer layer in network.Layers)
        {
            long[] shape = [2, .. layer.Output.Sizes.Select(static size => (long)size)];
            Assert.Equal(shape, module.Forward(input, 0, layer.Index + 1).shape);
        }
        float[] logits = module.call(input).data<float>().ToArray();
        Assert.Equal(logits, classifier.call(input).data<float>().ToArray());
        using InferenceNetwork inference = module.ForInference(0, network.Layers.Count, ScalarType.Float32);
        float[] inferred = inference.Forward(input).data<float>().ToArray();
        for (int i = 0; i < logits.Length; i++) Assert.Equal(logits[i], inferred[i], 1e-4f * (1 + Math.Abs(logits[i])));
        Assert.Equal(given, input.data<float>().ToArray());
        CheckExactly(module, input, logits);
        CheckParts(module, plan, input, logits);
    }

    /// <summary>The logits are those of float64.</summary>
    private static void CheckExactly(NetworkModule module, Tensor input, float[] logits)
    {
        using var exact = new NetworkModule(module.Network);
        Dictionary<string, Tensor> state = exact.state_dict();
        foreach ((string key, Tensor tensor) in module.state_dict()) state[key].copy_(tensor);
        exact.to(ScalarType.Float64);
        exact.eval();
        double[] wanted = exact.call(input.to_type(ScalarType.Float64)).data<double>().ToArray();
        double largest = wanted.Max(Math.Abs);
        for (int i = 0; i < logits.Length; i++) Assert.Equal(wanted[i], logits[i], 1e-4 * largest);
    }

    /// <summary>Wherever a stage can be cut into frozen layers and others, both parts together are the whole.</summary>
    private static void CheckParts(NetworkModule module, TrainingPlan plan, Tensor input, float[] logits)
    {
        int end = module.Network.Layers.Count;
        for (int frozen = 1; frozen <= module.Network.BodyLength; frozen++)
        {
            int depth = plan.FrozenPrefix(plan.Stages[0] with { Frozen = [.. Enumerable.Range(0, frozen)] });
            Assert.InRange(depth, 0, end);
            Tensor parts = module.Forward(module.Forward(input, 0, depth), depth, end);
            Assert.Equal(logits, parts.data<float>().ToArray());
            using InferenceNetwork first = module.ForInference(0, depth, ScalarType.Float32), rest = module.ForInference(depth, end, ScalarType.Float32);
            float[] inferred = rest.Forward(first.Forward(input)).data<float>().ToArray();
            for (int i = 0; i < logits.Length; i++) Assert.Equal(logits[i], inferred[i], 1e-4f * (1 + Math.Abs(logits[i])));
        }
    }

    private static RandomNetwork Uneven()
    {
        RandomNetwork any = RandomNetworks.Draw(0);
        string spec = any.Spec.Replace("\"random0\"", "\"uneven\"", StringComparison.Ordinal).Replace("Random0", "Uneven", StringComparison.Ordinal);
        var table = ModelSpec.Backbones.BackboneReader.Read(UnevenBackbone, "uneven.backbone").Value!;
        return new RandomNetwork(UnevenBackbone, spec, TrainingPlanBuilder.Build(spec, "uneven.modelspec", new([table])).Value!);
    }
}
