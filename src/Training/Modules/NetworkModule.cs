using FineTune.Inference;
using FineTune.Training.Stages;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Modules;

/// <summary>
/// The trainer's module: built from the same description as the generated class, with the same state-dict keys. It maps images
/// <c>[N, 3, H, W]</c> to logits <c>[N, classes]</c>, and can run any range of its layers.
/// </summary>
internal sealed class NetworkModule : ModuleTree
{
    private readonly nn.Module<Tensor, Tensor>?[] _layers;
    private readonly nn.Module<Tensor, Tensor>?[] _mixed;

    public NetworkModule(Network network)
        : base(network.ClassName)
    {
        Network = network;
        _layers = new nn.Module<Tensor, Tensor>?[network.Layers.Count];
        foreach (Layer layer in network.Layers)
        {
            if (LayerModules.Create(layer.Main) is not { } module) continue;
            _layers[layer.Index] = module;
            Register(layer.Key, module);
        }
        _mixed = [.. _layers.Select(static layer => layer is null ? null : new MixedPrecision(layer))];
    }

    public Network Network { get; }

    public override Tensor forward(Tensor input) => Forward(input, 0, _layers.Length);

    /// <summary>Runs the layers from <paramref name="first"/> up to, not including, <paramref name="end"/>.</summary>
    /// <param name="input">The output of the layer before <paramref name="first"/>.</param>
    /// <param name="first">The first layer's index.</param>
    /// <param name="end">The index after the last layer.</param>
    /// <param name="precision">float32, or bfloat16 for mixed precision.</param>
    public Tensor Forward(Tensor input, int first, int end, ScalarType precision = ScalarType.Float32) => ForwardPass.Run(
        input, (ref ForwardPass pass) => Describe(ref pass, precision == ScalarType.BFloat16 ? _mixed : _layers, first, end));

    /// <summary>The layers from <paramref name="first"/> up to, not including, <paramref name="end"/>, with their current weights, optimised for inference.</summary>
    /// <param name="first">The first layer's index.</param>
    /// <param name="end">The index after the last layer.</param>
    /// <param name="precision">The type that convolutions compute in: float32 or bfloat16.</param>
    public InferenceNetwork ForInference(int first, int end, ScalarType precision) =>
        InferenceNetwork.Of((ref ForwardPass pass) => Describe(ref pass, _layers, first, end), precision);

    /// <summary>Runs a pass through all layers.</summary>
    public void Describe(ref ForwardPass pass) => Describe(ref pass, _layers, 0, _layers.Length);

    /// <summary>Runs a pass through layers. Only the first one may read a layer before the range.</summary>
    private void Describe(ref ForwardPass pass, nn.Module<Tensor, Tensor>?[] layers, int first, int end)
    {
        var values = new Value[end];
        if (first > 0) values[first - 1] = pass.Current;
        for (int i = first; i < end; i++)
        {
            Layer layer = Network.Layers[i];
            Value[] inputs = [.. layer.Inputs.Select(input => values[input])];
            Value value = inputs.Length > 0 ? inputs[0] : pass.Current;
            foreach (Primitive primitive in layer.Primitives) value = Describe(ref pass, primitive, ReferenceEquals(primitive, layer.Main) ? layers[i] : null, inputs, value);
            values[i] = value;
        }
    }

    /// <summary>Runs a pass through an operation.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="primitive">The operation.</param>
    /// <param name="module">Its module, or null if it has none.</param>
    /// <param name="inputs">The inputs of its layer.</param>
    /// <param name="value">Its own input.</param>
    private static Value Describe(ref ForwardPass pass, Primitive primitive, nn.Module<Tensor, Tensor>? module, Value[] inputs, Value value) => primitive switch
    {
        _ when module is not null => pass.Run(module, value),
        PadPrimitive { Padding: var p } => pass.Pad(p.Top, p.Bottom, p.Left, p.Right, value),
        AddPrimitive => pass.Add(inputs),
        MultiplyPrimitive => pass.Multiply(inputs[0], inputs[1]),
        ConcatenatePrimitive => pass.Concat(inputs),
        SoftmaxPrimitive => value,
        ActivatePrimitive { Activation: Activation.Relu } => pass.Relu(value),
        ActivatePrimitive { Activation: Activation.Relu6 } => pass.Relu6(value),
        ActivatePrimitive { Activation: Activation.Silu } => pass.Silu(value),
        ActivatePrimitive { Activation: Activation.HardSwish } => pass.HardSwish(value),
        ActivatePrimitive { Activation: Activation.HardSigmoid } => pass.HardSigmoid(value),
        ActivatePrimitive { Activation: Activation.Sigmoid } => pass.Sigmoid(value),
        ActivatePrimitive { Activation: Activation.Gelu } => pass.Gelu(value),
        ActivatePrimitive { Activation: Activation.Tanh } => pass.Tanh(value),
        _ => throw new NotSupportedException(primitive.GetType().Name),
    };

    /// <summary>
    /// Prepares a stage. Frozen layers get no gradients and do not change in any other way: batch normalisation keeps its running
    /// statistics, and dropout is off. The other layers train.
    /// </summary>
    public void Begin(Stage stage)
    {
        foreach (Layer layer in Network.Layers)
        {
            if (_layers[layer.Index] is not { } module) continue;
            bool learns = !stage.Freezes(layer);
            foreach (TorchSharp.Modules.Parameter parameter in module.parameters()) parameter.requires_grad = learns;
            module.train(learns);
        }
    }

    /// <summary>The parameters that a stage trains, by their learning rates.</summary>
    public IReadOnlyList<RateGroup> RateGroups(TrainingPlan plan, Stage stage) =>
        [.. plan.LearningRates(stage).Select(rate => new RateGroup(rate.Factor, [.. rate.Layers.SelectMany(layer => _layers[layer.Index]!.parameters())]))];

    /// <summary>The tensors of a weight file, by state-dict key, in the order of the layers.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Weights()
    {
        IReadOnlyDictionary<string, Tensor> state = ModuleState.Of(this);
        return [.. Network.Layers
            .SelectMany(static layer => layer.State.Select(layer.KeyOf))
            .Select(key => KeyValuePair.Create(key, state[key]))];
    }

    /// <summary>The tensors that a stage changes: the parameters of its layers, and their running statistics.</summary>
    public IReadOnlyDictionary<string, Tensor> Changing(Stage stage)
    {
        IReadOnlyDictionary<string, Tensor> state = ModuleState.Of(this);
        return Network.Layers
            .Where(layer => !stage.Freezes(layer))
            .SelectMany(static layer => layer.State.Select(layer.KeyOf))
            .ToDictionary(static key => key, key => state[key], StringComparer.Ordinal);
    }

    /// <summary>Sets the part of a batch that the next pass computes; null for all of it.</summary>
    public void Select(BatchRows? rows)
    {
        foreach (BatchDropout drop in _layers.OfType<BatchDropout>()) drop.Rows = rows;
    }

    /// <summary>Whether a stage draws random numbers in its passes.</summary>
    public bool Draws(Stage stage) => Network.Layers.Any(layer => _layers[layer.Index] is BatchDropout && !stage.Freezes(layer));

    /// <summary>The running means and variances that a stage changes.</summary>
    public IReadOnlyList<Tensor> RunningStatistics(Stage stage) => [.. Changing(stage, ".running_mean"), .. Changing(stage, ".running_var")];

    /// <summary>The counters of batches of the normalisations that a stage changes.</summary>
    public IReadOnlyList<Tensor> BatchCounters(Stage stage) => [.. Changing(stage, ".num_batches_tracked")];

    private IEnumerable<Tensor> Changing(Stage stage, string ending) =>
        Changing(stage).Where(entry => entry.Key.EndsWith(ending, StringComparison.Ordinal)).Select(static entry => entry.Value);

    /// <summary>The module of a layer.</summary>
    public nn.Module<Tensor, Tensor>? this[Layer layer] => _layers[layer.Index];
}
