using FineTune.Native;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Weights;
using FineTune.Weights;
using ModelSpec.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Weights;

/// <summary>Published files with older names than torchvision has today, read with the renames of the built-in tables.</summary>
public class RenameTests
{
    /// <summary>A dense layer, as DenseNet's are called.</summary>
    private const string Dense = """
        name = "tiny"
        input = [16, 16]
        layers = [
          { name = "input", type = "input" },
          { name = "norm1", type = "batch_norm", key = "features.denseblock1.denselayer1.norm1" },
          { name = "conv1", type = "conv2d", filters = 4, kernel = 1, bias = false, key = "features.denseblock1.denselayer1.conv1" },
          { name = "norm2", type = "batch_norm", key = "features.denseblock1.denselayer1.norm2" },
          { name = "conv2", type = "conv2d", filters = 2, kernel = 3, bias = false, key = "features.denseblock1.denselayer1.conv2" },
          { name = "conv", type = "conv2d", filters = 3, kernel = 1, bias = false, key = "features.transition1.conv" },
        ]
        """;

    /// <summary>Tokens and two linear layers, as those of a vision transformer are called.</summary>
    private const string Transformer = """
        name = "tiny"
        input = [16, 16]
        layers = [
          { name = "input", type = "input" },
          { name = "conv_proj", type = "conv2d", filters = 4, kernel = 8, stride = 8, padding = 0 },
          { name = "tokens", type = "tokens" },
          { name = "class_token", type = "class_token" },
          { name = "mlp_0", type = "linear", units = 6, key = "encoder.layers.encoder_layer_0.mlp.0" },
          { name = "mlp_1", type = "gelu" },
          { name = "mlp_3", type = "linear", units = 4, key = "encoder.layers.encoder_layer_0.mlp.3" },
          { name = "first_token", type = "first_token" },
        ]
        """;

    static RenameTests() => NativeLibraries.Load();

    [Fact]
    public void The_file_of_DenseNet_has_numbers_between_dots() => Check("densenet121", Dense, new()
    {
        [".norm1."] = ".norm.1.",
        [".norm2."] = ".norm.2.",
        [".conv1."] = ".conv.1.",
        [".conv2."] = ".conv.2.",
    });

    [Theory]
    [InlineData("vit_b_16")]
    [InlineData("vit_b_32")]
    public void The_file_of_a_vision_transformer_has_names_of_its_linear_layers(string backbone) => Check(backbone, Transformer, new()
    {
        [".mlp.0."] = ".mlp.linear_1.",
        [".mlp.3."] = ".mlp.linear_2.",
    });

    [Fact]
    public void Two_names_that_become_one_are_an_error()
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project, "densenet121", Dense);
        using var module = new NetworkModule(spec.Network);
        Dictionary<string, Tensor> state = Numbered(module);
        const string today = "features.denseblock1.denselayer1.norm1.weight";
        SafetensorsWriter.Write(
            project["old.safetensors"], [.. state, new(today.Replace("norm1", "norm.1", StringComparison.Ordinal), state[today])], new Dictionary<string, string>());

        var error = Assert.Throws<TrainingException>(() => BackboneWeights.Load(project["old.safetensors"], module, spec));

        Assert.Contains("norm.1.weight", error.Diagnostic.Message, StringComparison.Ordinal);
    }

    /// <summary>Loads the same numbers under the names of today and under older ones.</summary>
    private static void Check(string backbone, string table, Dictionary<string, string> olderNames)
    {
        using var project = new TinyProject();
        SpecSource spec = Read(project, backbone, table);
        using var module = new NetworkModule(spec.Network);
        Dictionary<string, Tensor> state = Numbered(module);
        KeyValuePair<string, Tensor>[] older = [.. state.Select(entry => KeyValuePair.Create(
            olderNames.Aggregate(entry.Key, static (key, pair) => key.Replace(pair.Key, pair.Value, StringComparison.Ordinal)), entry.Value))];
        Assert.All(olderNames.Values, old => Assert.Contains(older, entry => entry.Key.Contains(old, StringComparison.Ordinal)));

        foreach (KeyValuePair<string, Tensor>[] names in (KeyValuePair<string, Tensor>[][])[[.. state], older])
        {
            using (no_grad())
            {
                foreach ((_, Tensor tensor) in module.Weights()) tensor.zero_();
            }
            SafetensorsWriter.Write(project["old.safetensors"], names, new Dictionary<string, string>());
            BackboneWeights.Load(project["old.safetensors"], module, spec);
            Dictionary<string, Tensor> loaded = new(module.Weights());
            foreach ((string key, Tensor expected) in state) Assert.Equal(expected.data<float>().ToArray(), loaded[key].data<float>().ToArray());
        }
    }

    /// <summary>A project whose backbone has a weight set with the renames of a built-in one.</summary>
    private static SpecSource Read(TinyProject project, string backbone, string table)
    {
        WeightSet set = BackboneCatalogue.BuiltIn.Find(backbone)!.WeightSets.Single(static s => s.Name == "imagenet");
        Assert.NotEmpty(set.Rename);
        string renames = string.Join(", ", set.Rename.Select(static rename => $"\"{rename.From}\" = \"{rename.To}\""));
        project.Write("tiny.backbone", table + $$"""


            [[weights]]
            name = "older"
            file = "old.safetensors"
            url = "https://example.com/old.safetensors"
            preprocess = "torchvision"
            rename = { {{renames}} }
            """);
        return project.Read(
            ("\"none\"", "\"older\""), ("\"0..4\"", "\"backbone\""),
            table == Transformer ? ("\"global_average_pool\", ", "") : ("\"softmax\"", "\"softmax\""));
    }

    /// <summary>The backbone's state with numbers of which none is twice there.</summary>
    private static Dictionary<string, Tensor> Numbered(NetworkModule module)
    {
        Dictionary<string, Tensor> state = [];
        int next = 1;
        foreach ((string key, Tensor tensor) in module.Weights().Where(static entry => !entry.Key.StartsWith("head.", StringComparison.Ordinal)))
        {
            state[key] = arange(next, next + tensor.numel(), ScalarType.Float32).reshape(tensor.shape);
            next += (int)tensor.numel();
        }
        return state;
    }
}
