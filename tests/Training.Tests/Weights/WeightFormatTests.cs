using System.Text.Json;
using FineTune.Native;
using FineTune.Parity;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Commands;
using FineTune.Training.Modules;
using FineTune.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Weights;

/// <summary>
/// One small network's weights in every container that torch, safetensors and Keras write, and Keras's MobileNet: the folder
/// <c>weights/formats</c> of the assets, with what must be found in <c>expected.json</c>.
/// </summary>
public class WeightFormatTests
{
    private const string Backbone = """
        name = "formats"
        input = [16, 16]
        top = ["classifier."]
        layers = [
          { name = "input", type = "input" },
          { name = "first_conv", type = "conv2d", filters = 8, kernel = 3, key = "features.0" },
          { name = "first_bn", type = "batch_norm", key = "features.1" },
          { name = "re_lu", type = "relu", key = "features.2" },
          { name = "second_conv", type = "conv2d", filters = 16, kernel = 3, activation = "relu", key = "features.3" },
        ]
        """;

    /// <summary>Keras's names of the tensors, which the listing has, and those of expected.json.</summary>
    private static readonly Dictionary<string, string> KerasNames = new(StringComparer.Ordinal)
    {
        ["first_conv/kernel"] = "features.0.weight",
        ["first_conv/bias"] = "features.0.bias",
        ["first_bn/gamma"] = "features.1.weight",
        ["first_bn/beta"] = "features.1.bias",
        ["first_bn/moving_mean"] = "features.1.running_mean",
        ["first_bn/moving_variance"] = "features.1.running_var",
        ["second_conv/kernel"] = "features.3.weight",
        ["second_conv/bias"] = "features.3.bias",
        ["top/kernel"] = "classifier.weight",
        ["top/bias"] = "classifier.bias",
    };

    static WeightFormatTests() => NativeLibraries.Load();

    [Theory]
    [InlineData("plain.pth")]
    [InlineData("legacy.pth")]
    [InlineData("checkpoint.pth")]
    [InlineData("legacy_checkpoint.pth")]
    [InlineData("parameters.pth")]
    [InlineData("dtypes.pth")]
    [InlineData("views.pth")]
    [InlineData("extra.pth")]
    [InlineData("f32.safetensors")]
    [InlineData("bf16.safetensors")]
    [InlineData("f16.safetensors")]
    [InlineData("keras3.weights.h5")]
    [InlineData("keras3_model.h5")]
    [InlineData("keras3.keras")]
    public void Every_container_lists_the_tensors_that_its_writer_put_into_it(string name)
    {
        string path = Find(name);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Find("expected.json")));

        (int code, string output, string error) = List(path);

        Assert.Equal((0, ""), (code, error));
        Dictionary<string, JsonElement> listed = JsonDocument.Parse(output).RootElement.EnumerateArray().ToDictionary(
            static t => KerasNames.GetValueOrDefault(t.GetProperty("name").GetString()!, t.GetProperty("name").GetString()!), StringComparer.Ordinal);
        foreach (JsonProperty tensor in document.RootElement.GetProperty(name).GetProperty("tensors").EnumerateObject())
        {
            JsonElement found = listed[tensor.Name];
            Assert.Equal(Numbers(tensor.Value, "shape"), Numbers(found, "shape"));
            Assert.Equal(Numbers(tensor.Value, "first"), Numbers(found, "first"));
            Assert.Equal(tensor.Value.GetProperty("sum").GetDouble(), found.GetProperty("sum").GetDouble(), 1e-9);
            listed.Remove(tensor.Name);
        }
        // Single numbers are listed, too: counters, or a checkpoint's best accuracy.
        Assert.All(listed.Values, static t => Assert.Empty(Numbers(t, "shape")));
    }

    [Fact]
    public void A_pickled_model_is_refused_with_one_line()
    {
        string path = Find("whole_model.pth");

        (int code, string output, string error) = List(path);

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"{path}: error MSPEC2002: ", error, StringComparison.Ordinal);
        Assert.Contains("'__main__.Small'", error, StringComparison.Ordinal);
        Assert.Contains("Save model.state_dict()", error, StringComparison.Ordinal);
        Assert.Equal(error.Length - Environment.NewLine.Length, error.IndexOf(Environment.NewLine, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("plain.pth", "legacy.pth", "checkpoint.pth", "legacy_checkpoint.pth", "parameters.pth", "extra.pth", "f32.safetensors")]
    [InlineData("keras3.weights.h5", "keras3_model.h5", "keras3.keras")]
    public void The_same_tensors_give_the_same_bits_from_every_container(params string[] names)
    {
        using var project = new TinyProject();
        Dictionary<string, float[]> first = Load(project, Find(names[0]), Backbone);

        Assert.Contains(first["features.3.weight"], static value => value != 0);
        foreach (string name in names.Skip(1)) AssertSame(first, Load(project, Find(name), Backbone));
    }

    [Fact]
    public void Layers_of_other_names_are_found_in_Keras_files_by_their_order()
    {
        using var project = new TinyProject();
        string renamed = Backbone.Replace("first_conv", "a", StringComparison.Ordinal).Replace("first_bn", "b", StringComparison.Ordinal)
            .Replace("second_conv", "c", StringComparison.Ordinal);
        Dictionary<string, float[]> expected = Load(project, Find("keras3.keras"), Backbone);

        foreach (string name in (string[])["keras3.weights.h5", "keras3_model.h5", "keras3.keras"])
        {
            AssertSame(expected, Load(project, Find(name), renamed));
        }
    }

    [Fact]
    public void Kerass_MobileNet_computes_what_it_computes_in_Keras()
    {
        string weights = Find("mobilenet_25.weights.h5");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Find("mobilenet.json")));
        using var folder = new TemporaryFolder();
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Specs", "mobilenet.modelspec"));
        SpecSource spec = SpecSource.Read(
            folder.Write("m.modelspec", text.Replace("width        = 0.75", "width = 0.25", StringComparison.Ordinal).Replace("[224, 224]", "[128, 128]", StringComparison.Ordinal)), []).Source!;
        using var module = new NetworkModule(spec.Network);
        BackboneWeights.Load(weights, module, spec);
        module.eval();

        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = no_grad();
        Tensor input = CounterHash.Fill(expected.RootElement.GetProperty("seed").GetInt64(), 1, 1, 3, 128, 128);
        Tensor features = module.Forward(input, 0, spec.Network.BodyLength);

        Assert.Equal(Numbers(expected.RootElement, "shape"), features.shape.Select(static d => (double)d));
        double[] wanted = [.. Numbers(expected.RootElement, "global_average")];
        float[] means = features.mean([2, 3]).data<float>().ToArray();
        for (int i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], means[i], 1e-4 * wanted.Max());
    }

    private static string Find(string name)
    {
        AssetFolders assets = RealData.Require("weights/formats/" + name);
        return assets.Find("weights/formats/" + name)!;
    }

    private static (int Code, string Output, string Error) List(string path)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        int code = WeightsCommand.Run(path, json: true, () => output, error);
        return (code, System.Text.Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    private static IEnumerable<double> Numbers(JsonElement element, string property) => element.GetProperty(property).EnumerateArray().Select(static n => n.GetDouble());

    private static Dictionary<string, float[]> Load(TinyProject project, string path, string backbone)
    {
        project.Write("tiny.backbone", backbone.Replace("\"formats\"", "\"tiny\"", StringComparison.Ordinal));
        SpecSource spec = project.Read(("\"0..4\"", "\"0..2\""));
        using var module = new NetworkModule(spec.Network);
        BackboneWeights.Load(path, module, spec);
        return FineTune.ModuleState.Of(module).Where(static t => t.Key.StartsWith("features.", StringComparison.Ordinal))
            .ToDictionary(static t => t.Key, static t => t.Value.data<float>().ToArray(), StringComparer.Ordinal);
    }

    private static void AssertSame(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string key, float[] values) in expected)
        {
            Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), actual[key].Select(BitConverter.SingleToInt32Bits));
        }
    }
}
