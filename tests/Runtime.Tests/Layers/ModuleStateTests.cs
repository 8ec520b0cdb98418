using FineTune;
using FineTune.Inference;
using FineTune.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Runtime.Tests.Layers;

/// <summary>Names of tensors, and modules that get the tensors of a file.</summary>
public sealed class ModuleStateTests
{
    private static readonly string[] BareKeys = ["class_token", "encoder.pos_embedding", "features.1.0.layer_scale"];

    public ModuleStateTests() => NativeLibraries.Load();

    [Fact]
    public void Every_layer_with_parameters_gets_the_tensors_of_a_file()
    {
        using DisposeScope scope = NewDisposeScope();
        using var trained = new EveryLayer(CPU);
        using var loaded = new EveryLayer(META);
        Assert.All(ModuleState.Of(loaded).Values, static tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        using (no_grad())
        {
            foreach (Parameter parameter in trained.parameters()) parameter.copy_(randn(parameter.shape));
        }

        ModuleState.Replace(loaded, ModuleState.Of(trained).ToDictionary(static entry => entry.Key, static entry => entry.Value.detach().clone()));

        IReadOnlyDictionary<string, Tensor> state = ModuleState.Of(loaded);
        Assert.Equal(ModuleState.Of(trained).Keys, state.Keys);
        Assert.All(ModuleState.Of(trained), entry => Assert.True(state[entry.Key].eq(entry.Value).all().item<bool>(), entry.Key));
        Assert.All(loaded.parameters(), static parameter => Assert.True(parameter.requires_grad));
        trained.eval();
        loaded.eval();
        Tensor input = randn(2, 4, 3, 3);
        Assert.True(loaded.call(input).eq(trained.call(input)).all().item<bool>());
    }

    [Fact]
    public void A_layer_that_is_one_parameter_gives_it_its_own_key()
    {
        using var module = new EveryLayer(CPU);

        string[] names = [.. module.named_parameters().Select(static entry => entry.name)];
        string[] keys = [.. module.state_dict().Keys];

        Assert.All(BareKeys, key => Assert.Contains(key, names));
        Assert.All(BareKeys, key => Assert.Contains(key, keys));
        Assert.Equal(names.Concat(["bn.running_mean", "bn.running_var", "bn.num_batches_tracked"]).Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
        Assert.Equal(names.Length, module.parameters().Count());
    }

    [Fact]
    public void Layers_that_are_one_parameter_can_be_converted()
    {
        using DisposeScope scope = NewDisposeScope();
        using var module = new EveryLayer(CPU);
        module.eval();
        Tensor input = randn(2, 4, 3, 3), single = module.call(input);

        module.to(ScalarType.Float64);

        Assert.All(module.parameters(), static parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        Assert.InRange(SelfCheck.Error(single.detach(), module.call(input.to_type(ScalarType.Float64)).detach()), 0, 1e-5);
    }

    [Fact]
    public void A_layer_whose_tensors_cannot_be_replaced_is_named()
    {
        using var module = new Unknown();

        NotSupportedException error = Assert.Throws<NotSupportedException>(() =>
            ModuleState.Replace(module, new Dictionary<string, Tensor> { ["layers.odd.weight"] = zeros(1, 1, 2) }));

        Assert.Contains("'layers.odd'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>One of each layer that has parameters.</summary>
    private sealed class EveryLayer : ModuleTree
    {
        private readonly nn.Module<Tensor, Tensor>[] _before;
        private readonly nn.Module<Tensor, Tensor>[] _after;

        public EveryLayer(Device device)
            : base("Every")
        {
            _before =
            [
                Register("features.0", nn.Conv2d(4, 8, 1, bias: false, device: device)),
                Register("bn", nn.BatchNorm2d(8, device: device)),
                Register("features.1.0.norm", new LayerNorm2d(8, device: device)),
                Register("features.1.0.linear", new ChannelLinear(8, 8, device: device)),
                Register("features.1.0.layer_scale", new LayerScale(8, 0.5, device)),
            ];
            _after =
            [
                new FineTune.Tokens(),
                Register("class_token", new ClassToken(8, device)),
                Register("encoder.pos_embedding", new PositionEmbedding(10, 8, device)),
                Register("encoder.ln", nn.LayerNorm(8, device: device)),
                Register("encoder.attention", new SelfAttention(8, 2, device)),
                Register("head", nn.Linear(8, 3, device: device)),
            ];
        }

        public override Tensor forward(Tensor input) => ForwardPass.Run(input, (ref ForwardPass pass) =>
        {
            foreach (nn.Module<Tensor, Tensor> layer in _before) pass.Run(layer);
            foreach (nn.Module<Tensor, Tensor> layer in _after) pass.Run(layer);
        });
    }

    /// <summary>Has a layer that the runtime does not know.</summary>
    private sealed class Unknown : ModuleTree
    {
        public Unknown()
            : base("Unknown") => Register("layers.odd", nn.PReLU(2, device: META));

        public override Tensor forward(Tensor input) => input;
    }
}
