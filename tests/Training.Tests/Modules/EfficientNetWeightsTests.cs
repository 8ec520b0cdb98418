using System.Globalization;
using System.Text.Json;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Parity;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Modules;
using FineTune.Training.Plugins;
using FineTune.Training.Weights;
using FineTune.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Modules;

/// <summary>
/// A residual network with its published weights against PyTorch, in each form that computes it: the trainer's module, the fused network and
/// the generated class.
/// </summary>
public class EfficientNetWeightsTests
{
    private const string Weights = "weights/efficientnet-lite0-57934424.pth";
    private const string Photos = "flowers17/jpg";

    /// <summary>Daisy among the classes of ImageNet, and the photos of daisies.</summary>
    private const int Daisy = 985;
    private const int FirstDaisy = 801;
    private const int Daisies = 80;

    private static readonly ImageSize Size = new(224, 224);

    static EfficientNetWeightsTests() => FineTune.Native.NativeLibraries.Load();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_body_computes_what_PyTorch_computes_as_it_is_trained_and_fused(bool isFused)
    {
        JsonElement expected = Reference.Read("efficientnet_lite0_parity.json").GetProperty("made_input");
        using NetworkModule module = Load(RealData.Require(Weights));
        using InferenceNetwork fused = module.ForInference(0, module.Network.BodyLength, ScalarType.Float32);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = no_grad();
        Tensor input = MadeInput(expected);

        Tensor features = (isFused ? fused.Forward(input) : module.Forward(input, 0, module.Network.BodyLength)).to_type(ScalarType.Float64);

        Assert.Equal([2, 1280, 7, 7], features.shape);
        Reference.Close(expected.GetProperty("mean").GetDouble(), features.mean().item<double>(), 1e-5);
        Reference.Close(expected.GetProperty("std").GetDouble(), features.std().item<double>(), 1e-5);
        Tensor means = features.mean([2, 3]);
        foreach ((int image, JsonElement top) in expected.GetProperty("global_average_top8").EnumerateArray().Index())
        {
            (Tensor values, Tensor channels) = means[image].topk(8);
            Assert.Equal(Channels(top), channels.data<long>().ToArray());
            Equal(Values(top), [.. values.data<double>()]);
        }
    }

    /// <summary>A head whose linear layer picks one channel for each class gives the features themselves as logits.</summary>
    [Fact]
    public void The_generated_class_computes_what_PyTorch_computes()
    {
        JsonElement expected = Reference.Read("efficientnet_lite0_parity.json").GetProperty("made_input");
        using EfficientNetClassifier generated = Generated(RealData.Require(Weights));
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = no_grad();
        Dictionary<string, Tensor> state = generated.state_dict();
        foreach ((int image, JsonElement top) in expected.GetProperty("global_average_top8").EnumerateArray().Index())
        {
            long[] channels = Channels(top);
            state["head.fc1.weight"].zero_();
            state["head.fc1.bias"].zero_();
            for (int i = 0; i < channels.Length; i++) state["head.fc1.weight"][i, channels[i]] = tensor(1f);

            Tensor logits = generated.call(MadeInput(expected))[image];

            Equal(Values(top), [.. logits.data<float>().ToArray().Take(channels.Length).Select(static x => (double)x)]);
        }
    }

    /// <summary>As for VGG16 and MobileNet, but the generated class decodes its files itself.</summary>
    [Theory]
    [InlineData("trainer")]
    [InlineData("fused")]
    [InlineData("generated")]
    public void Photos_have_the_features_that_Pillow_and_PyTorch_give(string form)
    {
        AssetFolders assets = RealData.Require(Weights);
        RealData.Require(Photos);
        using NetworkModule module = Load(assets);
        using InferenceNetwork fused = module.ForInference(0, module.Network.BodyLength, ScalarType.Float32);
        using EfficientNetClassifier generated = Generated(assets);
        using IDisposable inference = no_grad();
        JsonElement tops = Reference.Read("efficientnet_lite0_parity.json").GetProperty("photos");
        foreach (JsonProperty photo in Reference.Read("photo_features.json").GetProperty("efficientnet_lite0").EnumerateObject())
        {
            using DisposeScope scope = NewDisposeScope();
            int number = int.Parse(photo.Name, CultureInfo.InvariantCulture);

            float[] features = form switch
            {
                "trainer" => [.. module.Forward(Decode(assets, number, 1, module), 0, module.Network.BodyLength).mean([2, 3])[0].data<float>()],
                "fused" => [.. fused.Forward(Decode(assets, number, 1, module)).mean([2, 3])[0].data<float>()],
                _ => generated.Embed(Photo(assets, number)),
            };

            double[] wanted = [.. photo.Value.EnumerateArray().Select(static x => x.GetDouble())];
            Assert.Equal(wanted.Length, features.Length);
            double cosine = wanted.Zip(features, static (a, b) => a * b).Sum()
                / Math.Sqrt(wanted.Sum(static a => a * a) * features.Sum(static b => (double)b * b));
            Assert.InRange(cosine, 0.9995, 1 + 1e-9);
            Assert.Equal(
                Channels(tops.GetProperty(photo.Name).GetProperty("global_average_top8")[0]).Order(),
                features.Index().OrderByDescending(static x => x.Item).Take(8).Select(static x => (long)x.Index).Order());
        }
    }

    /// <summary>The original top comes from the same file, and is part of nothing else here: 1,000 classes of ImageNet.</summary>
    [Fact]
    public void The_original_top_calls_every_daisy_a_daisy()
    {
        AssetFolders assets = RealData.Require(Weights);
        RealData.Require(Photos);
        using NetworkModule module = Load(assets);
        using InferenceNetwork fused = module.ForInference(0, module.Network.BodyLength, ScalarType.Float32);
        using IWeightFile file = WeightFiles.Open(assets.Find(Weights)!, PartRegistry.BuiltIn, Plugins.PluginCompiler.Location, CancellationToken.None);
        using Tensor weight = tensor(file.Read("_fc.weight"), [1000, 1280]), bias = tensor(file.Read("_fc.bias"));
        int right = 0;
        for (int first = FirstDaisy; first < FirstDaisy + Daisies; first += 16)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor logits = nn.functional.linear(fused.Forward(Decode(assets, first, 16, module)).mean([2, 3]), weight, bias);
            right += (int)logits.argmax(1).eq(Daisy).sum().item<long>();
        }

        Assert.Equal(Daisies, right);
    }

    private static NetworkModule Load(AssetFolders assets)
    {
        SpecSource spec = Reference.Spec("efficientnet_lite0.modelspec");
        var module = new NetworkModule(spec.Network);
        BackboneWeights.Load(assets.Find(Weights)!, module, spec);
        module.eval();
        return module;
    }

    /// <summary>The generated class with the state of the trainer's module.</summary>
    private static EfficientNetClassifier Generated(AssetFolders assets)
    {
        using NetworkModule module = Load(assets);
        var generated = EfficientNetClassifier.CreateUntrained();
        Dictionary<string, Tensor> state = generated.state_dict();
        using (no_grad())
        {
            foreach ((string key, Tensor value) in module.state_dict()) state[key].copy_(value);
        }
        generated.eval();
        return generated;
    }

    private static Tensor MadeInput(JsonElement expected) => CounterHash.Fill(expected.GetProperty("seed").GetInt64(), 1, 2, 3, Size.Height, Size.Width);

    private static string Photo(AssetFolders assets, int number) => assets.Find(string.Create(CultureInfo.InvariantCulture, $"{Photos}/image_{number:0000}.jpg"))!;

    /// <summary>Photos from <paramref name="first"/> on, as the network wants them: <c>[count, 3, 224, 224]</c>.</summary>
    private static Tensor Decode(AssetFolders assets, int first, int count, NetworkModule module)
    {
        Tensor pixels = zeros([count, Size.Height, Size.Width, 3], ScalarType.Byte);
        for (int i = 0; i < count; i++) ImageDecoder.Decode(File.ReadAllBytes(Photo(assets, first + i)), Size, pixels[i].bytes);
        return PixelTransforms.Of(module.Network).Apply(pixels);
    }

    private static long[] Channels(JsonElement top) => [.. top.GetProperty("channels").EnumerateArray().Select(static c => c.GetInt64())];

    private static double[] Values(JsonElement top) => [.. top.GetProperty("values").EnumerateArray().Select(static v => v.GetDouble())];

    /// <summary>Equal to 1e-4 of the largest.</summary>
    private static void Equal(double[] expected, double[] actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-4 * expected.Max());
    }
}
