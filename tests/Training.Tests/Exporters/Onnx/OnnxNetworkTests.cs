using FineTune.Training.Modules;
using ModelSpec.Backbones;
using ModelSpec.Networks;
using ModelSpec.Plans;
using Training.Tests.Modules;
using static TorchSharp.torch;

namespace Training.Tests.Exporters.Onnx;

/// <summary>ONNX Runtime against the trainer's module: every built-in backbone, and random networks.</summary>
public class OnnxNetworkTests
{
    private const int Networks = 80;

    static OnnxNetworkTests() => FineTune.Native.NativeLibraries.Load();

    public static TheoryData<string> Backbones => [.. BackboneCatalogue.BuiltIn.Names];

    [Theory]
    [MemberData(nameof(Backbones))]
    public void ONNX_Runtime_computes_what_the_trainers_module_computes(string backbone)
    {
        Network network = Smallest(backbone);
        random.manual_seed(11);
        using var module = new NetworkModule(network);
        module.eval();
        OnnxRun.Fill(module);
        using var run = new OnnxRun(OnnxRun.Export(module));

        double one = OnnxRun.Compare(module, run, 1), three = OnnxRun.Compare(module, run, 3);

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"{backbone} at {network.InputHeight}: {Math.Max(one, three):0.0e+0} of the largest logit"));
    }

    [Fact]
    public void Random_networks_are_computed_as_the_trainers_module_computes_them()
    {
        for (int seed = 1; seed <= Networks; seed++)
        {
            RandomNetwork drawn = RandomNetworks.Draw(seed);
            try
            {
                random.manual_seed(seed);
                using var module = new NetworkModule(drawn.Network);
                module.eval();
                OnnxRun.Fill(module);
                using var run = new OnnxRun(OnnxRun.Export(module));
                OnnxRun.Compare(module, run, 2);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{drawn.Backbone}\n{drawn.Spec}", e);
            }
        }
    }

    /// <summary>The network of a backbone with a small head, at the smallest of some inputs that it takes.</summary>
    internal static Network Smallest(string backbone, string extra = "")
    {
        foreach (string head in (string[])["\"global_average_pool\", \"linear(5)\"", "\"linear(5)\""])
        {
            foreach (int size in (int[])[64, 96, 128, 224])
            {
                string spec = $$"""
                    [model]
                    name = "OnnxClassifier"
                    classes = ["a", "b", "c", "d", "é"]

                    [data]
                    source = "none"
                    split = { train = 0.5, test = 0.5 }

                    [backbone]
                    architecture = "{{backbone}}"
                    weights = "none"
                    input = [{{size}}, {{size}}]

                    [head]
                    layers = [{{head}}]

                    [[stage]]
                    name = "head"
                    epochs = 1
                    optimizer = "sgd"
                    learning_rate = 0.1
                    {{extra}}
                    """;
                if (TrainingPlanBuilder.Build(spec, "onnx.modelspec", BackboneCatalogue.BuiltIn).Value is { } plan) return plan.Network;
            }
        }
        throw new InvalidOperationException(backbone);
    }
}
