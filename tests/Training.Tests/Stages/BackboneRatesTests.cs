using FineTune.Training;
using FineTune.Training.Modules;
using FineTune.Weights;
using static TorchSharp.torch;

namespace Training.Tests.Stages;

public class BackboneRatesTests
{
    /// <summary>One step of plain SGD moves every parameter by its gradient times its learning rate.</summary>
    private const string OneStep = "[[stage]]\nname = \"all\"\nepochs = 1\nbatch_size = 100\noptimizer = \"sgd\"\nlearning_rate = 0.01\n";

    static BackboneRatesTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void The_backbone_learns_at_its_own_rate()
    {
        Dictionary<string, Tensor> alike = Steps(""), slower = Steps("backbone_learning_rate = 0.001\n");

        foreach (string key in alike.Keys) AssertRatio(key.StartsWith("head.", StringComparison.Ordinal) ? 1 : 0.1, alike[key], slower[key]);
    }

    [Fact]
    public void Each_group_of_the_backbone_learns_more_slowly_than_the_one_after_it()
    {
        Dictionary<string, Tensor> alike = Steps(""), decayed = Steps("layer_decay = 0.5\n"), both = Steps("layer_decay = 0.5\nbackbone_learning_rate = 0.01\n");

        foreach (string key in alike.Keys)
        {
            double group = key[..4] switch
            {
                "conv" => key.StartsWith("conv2", StringComparison.Ordinal) ? 0.5 : 0.25,
                "bn1." => 0.25,
                _ => 1,
            };
            AssertRatio(group, alike[key], decayed[key]);
            AssertRatio(group == 1 ? 1 : 2 * group, alike[key], both[key]);
        }
    }

    private static void AssertRatio(double expected, Tensor before, Tensor after)
    {
        double largest = before.abs().max().item<double>();
        Assert.True(largest > 0, "the parameter did not move");
        Assert.InRange((after - expected * before).abs().max().item<double>(), 0, 1e-3 * largest);
    }

    /// <summary>By how much one step moves each learnt parameter, in float64.</summary>
    private static Dictionary<string, Tensor> Steps(string words)
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project, OneStep + words);
        random.manual_seed(spec.Plan.Seed);
        using var untrained = new NetworkModule(spec.Network);
        using var trained = new NetworkModule(spec.Network);
        project.Train(spec);
        using FileStream file = File.OpenRead(project.Output);
        SafetensorsLoader.Load(file, trained.Weights().ToDictionary(static w => w.Key, static w => w.Value), "It");
        Dictionary<string, Tensor> after = trained.Weights().ToDictionary(static w => w.Key, static w => w.Value);
        return untrained.Weights().Where(static w => !w.Key.Contains("running", StringComparison.Ordinal)).ToDictionary(
            static w => w.Key, w => (after[w.Key] - w.Value).detach().to_type(ScalarType.Float64));
    }

    private static SpecSource Read(TinyProject project, string stage)
    {
        string stages = TinyProject.Spec[TinyProject.Spec.IndexOf("[[stage]]", StringComparison.Ordinal)..];
        return project.Read((stages, stage), ("dropout(0.25)", "dropout(0)"));
    }
}
