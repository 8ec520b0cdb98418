using System.Text.Json;
using FineTune.Parity;
using FineTune.Training.Assets;
using FineTune.Training.Modules;
using FineTune.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Modules;

public class ParityTests
{
    [Fact]
    public void MobileNet_with_the_weights_of_Keras_computes_what_PyTorch_computes()
    {
        AssetFolders assets = RealData.Require("weights/mobilenet_7_5_224_tf_no_top.h5");
        JsonElement expected = Reference.Read("mobilenet_parity.json");
        var spec = Reference.Spec("mobilenet.modelspec");
        FineTune.Native.NativeLibraries.Load();
        using var module = new NetworkModule(spec.Network);
        BackboneWeights.Load(assets.Find("weights/mobilenet_7_5_224_tf_no_top.h5")!, module, spec);
        module.eval();

        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = no_grad();
        Tensor features = module.Forward(CounterHash.Fill(1017, 1, 2, 3, 224, 224), 0, spec.Network.BodyLength);

        Assert.Equal([2, 768, 7, 7], features.shape);
        Reference.Close(expected.GetProperty("mean").GetDouble(), features.to_type(ScalarType.Float64).mean().item<double>(), 1e-5);
        Reference.Close(expected.GetProperty("std").GetDouble(), features.to_type(ScalarType.Float64).std().item<double>(), 1e-5);
        Tensor means = features.mean([2, 3]);
        foreach (JsonElement image in expected.GetProperty("global_average_top8").EnumerateArray())
        {
            (Tensor values, Tensor channels) = means[image.GetProperty("image").GetInt32()].topk(8);
            Assert.Equal(image.GetProperty("channels").EnumerateArray().Select(static c => c.GetInt64()), channels.data<long>().ToArray());
            double[] wanted = [.. image.GetProperty("values").EnumerateArray().Select(static v => v.GetDouble())];
            for (int i = 0; i < wanted.Length; i++) Reference.Close(wanted[i], values[i].item<float>(), 1e-3);
        }
    }

    [Fact]
    public void The_generated_classes_and_the_trainers_modules_have_the_same_state_and_the_same_logits()
    {
        using var vgg = Vgg16Classifier.CreateUntrained();
        using var mobileNet = MobileNetClassifier.CreateUntrained();
        foreach ((nn.Module<Tensor, Tensor> generated, string name) in new (nn.Module<Tensor, Tensor>, string)[] { (vgg, "vgg16"), (mobileNet, "mobilenet") })
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable inference = no_grad();
            using var module = new NetworkModule(Reference.Spec(name + ".modelspec").Network);
            Dictionary<string, Tensor> state = generated.state_dict();

            Assert.Equal(module.state_dict().Keys.Order(StringComparer.Ordinal), state.Keys.Order(StringComparer.Ordinal));
            foreach ((string key, Tensor tensor) in module.state_dict()) state[key].copy_(tensor);
            generated.eval();
            module.eval();
            Tensor input = CounterHash.Fill(5, 1, 1, 3, 224, 224);
            Assert.Equal(module.call(input).data<float>().ToArray(), generated.call(input).data<float>().ToArray());
        }
    }
}
