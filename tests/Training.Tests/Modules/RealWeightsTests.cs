using System.Text.Json;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Parity;
using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Modules;
using FineTune.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Modules;

/// <summary>
/// The backbones with their published weights against PyTorch: on an input that a formula makes, and on photos.
/// </summary>
public class RealWeightsTests
{
    private const string Vgg16Weights = "weights/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5";
    private const string MobileNetWeights = "weights/mobilenet_7_5_224_tf_no_top.h5";
    private const string EfficientNetWeights = "weights/efficientnet-lite0-57934424.pth";

    static RealWeightsTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void VGG16_with_the_weights_of_Keras_computes_what_PyTorch_computes()
    {
        AssetFolders assets = RealData.Require(Vgg16Weights);
        JsonElement expected = Reference.Read("vgg16_imagenet_parity.json").GetProperty("made_input");
        using NetworkModule module = Load("vgg16", assets.Find(Vgg16Weights)!);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = no_grad();
        Tensor input = CounterHash.Fill(expected.GetProperty("seed").GetInt64(), expected.GetProperty("scale").GetSingle(), 1, 3, 224, 224);

        Tensor features = module.Forward(input, 0, module.Network.BodyLength).to_type(ScalarType.Float64);

        double largest = expected.GetProperty("max").GetDouble();
        Assert.Equal([1, 512, 7, 7], features.shape);
        Assert.Equal(largest, features.max().item<double>(), 1e-4 * largest);
        Reference.Close(expected.GetProperty("mean").GetDouble(), features.mean().item<double>(), 1e-4);
        Reference.Close(expected.GetProperty("std").GetDouble(), features.std().item<double>(), 1e-4);
        JsonElement top = expected.GetProperty("global_average_top8");
        (Tensor values, Tensor channels) = features.mean([2, 3])[0].topk(8);
        Assert.Equal(top.GetProperty("channels").EnumerateArray().Select(static c => c.GetInt64()), channels.data<long>().ToArray());
        double[] wanted = [.. top.GetProperty("values").EnumerateArray().Select(static v => v.GetDouble())];
        for (int i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], values[i].item<double>(), 1e-4 * wanted[0]);
    }

    /// <summary>
    /// The photos are less than twice as large as the input, so their pixels are Pillow's. A photo that is larger is decoded at a smaller scale,
    /// and its pixels differ a little.
    /// </summary>
    [Theory]
    [InlineData("vgg16", Vgg16Weights)]
    [InlineData("mobilenet", MobileNetWeights)]
    public void Photos_have_the_features_that_Pillow_and_PyTorch_give(string network, string weights)
    {
        AssetFolders assets = RealData.Require(weights);
        RealData.Require("flowers17/jpg");
        using NetworkModule module = Load(network, assets.Find(weights)!);
        using IDisposable inference = no_grad();
        PixelTransform transform = PixelTransforms.Of(module.Network);
        foreach (JsonProperty photo in Reference.Read("photo_features.json").GetProperty(network).EnumerateObject())
        {
            using DisposeScope scope = NewDisposeScope();
            byte[] encoded = File.ReadAllBytes(assets.Find($"flowers17/jpg/image_{int.Parse(photo.Name):0000}.jpg")!);
            Tensor pixels = zeros([1, 224, 224, 3], ScalarType.Byte);
            ImageDecoder.Decode(encoded, new ImageSize(224, 224), pixels.bytes);

            float[] features = module.Forward(transform.Apply(pixels), 0, module.Network.BodyLength).mean([2, 3])[0].data<float>().ToArray();

            double[] wanted = [.. photo.Value.EnumerateArray().Select(static x => x.GetDouble())];
            Assert.Equal(wanted.Length, features.Length);
            double cosine = wanted.Zip(features, static (a, b) => a * b).Sum()
                / Math.Sqrt(wanted.Sum(static a => a * a) * features.Sum(static b => (double)b * b));
            Assert.InRange(cosine, 0.9995, 1 + 1e-9);
        }
    }

    /// <summary>In bfloat16, the rounding of MobileNet's 27 convolutions adds up to a quarter of its output, and is not an error.</summary>
    [Theory]
    [InlineData("vgg16", Vgg16Weights)]
    [InlineData("mobilenet", MobileNetWeights)]
    [InlineData("efficientnet_lite0", EfficientNetWeights)]
    public void Real_weights_pass_the_check_before_a_training_in_both_precisions_and_a_wrong_kernel_does_not(string network, string weights)
    {
        using NetworkModule module = Load(network, RealData.Require(weights).Find(weights)!);
        SpecSource spec = Reference.Spec(network + ".modelspec");
        var log = new RecordingLog();

        BodyCheck.Run(module, ScalarType.BFloat16, CPU, spec, log);
        Assert.Empty(log.Diagnostics);

        TorchSharp.Modules.Conv2d broken = module.modules().OfType<TorchSharp.Modules.Conv2d>().ElementAt(3);
        KernelFault.Current = (layer, isSafe, result) => ReferenceEquals(layer, broken) && !isSafe ? result.add(result.abs().max()) : result;
        try
        {
            BodyCheck.Run(module, ScalarType.BFloat16, CPU, spec, log);
            Assert.Equal("MSPEC3026", Assert.Single(log.Diagnostics).Descriptor.Code);
            // Found once, it is avoided from then on.
            BodyCheck.Run(module, ScalarType.BFloat16, CPU, spec, log);
            Assert.Single(log.Diagnostics);
        }
        finally
        {
            KernelFault.Current = null;
        }
    }

    private static NetworkModule Load(string name, string weights)
    {
        SpecSource spec = Reference.Spec(name + ".modelspec");
        var module = new NetworkModule(spec.Network);
        BackboneWeights.Load(weights, module, spec);
        module.eval();
        return module;
    }
}
