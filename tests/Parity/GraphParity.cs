using System.Text.Json;
using FineTune.Training.Modules;
using ModelSpec.Backbones;
using ModelSpec.Diagnostics;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Parity;

/// <summary>
/// A network of torchvision with a new linear head for 17 classes, on weights, images and labels that a formula fills
/// (<see cref="CounterHash"/>), so that its numbers can be compared with PyTorch's. The k-th tensor, in the order of torchvision's state
/// dict (<see cref="StateOrder"/>) with the head last, has the seed base + k; the images have the seed base + 1000; the label of image n is
/// (7n + 3) mod 17. With v in [-1, 1) for each number: a running variance is 1 + 0.5 v, a running mean 0.1 v, the weight of a batch or layer
/// normalisation G + 0.1 v, a layer scale, class token or position embedding 0.1 v, any other tensor of one dimension 0.05 v, and any other
/// weight v sqrt(F / fan-in), with G and F of the <see cref="TorchvisionFamily"/>.
/// </summary>
internal sealed class GraphParity
{
    private const int Images = 2;
    private const int Classes = 17;
    private const int Steps = 5;
    private const double LearningRate = 1e-4;

    private readonly string _model;
    private readonly TorchvisionFamily _family;
    private readonly ParityNetwork _network;

    /// <summary>Takes a network of <see cref="Spec"/> and a module of it.</summary>
    /// <exception cref="ArgumentException">torchvision has no such network.</exception>
    public GraphParity(ParityNetwork network)
    {
        _model = network.Network.Backbone;
        _family = FamilyOf(_model);
        _network = network;
    }

    /// <summary>The backbones of the catalogue that can be compared.</summary>
    public static IEnumerable<string> Models => BackboneCatalogue.BuiltIn.Names.Where(static name => TorchvisionFamily.Of(name) is not null);

    private Network Network => _network.Network;

    /// <summary>A spec of a backbone with the head of the reference numbers.</summary>
    /// <param name="model">The backbone's name.</param>
    /// <exception cref="ArgumentException">torchvision has no such network.</exception>
    public static string Spec(string model) => $$"""
        [model]
        name      = "GraphClassifier"
        namespace = "FineTune.Parity.Generated"
        classes   = [{{string.Join(", ", Enumerable.Range(0, Classes).Select(static label => $"\"{label}\""))}}]

        [data]
        source = "none"
        split  = { train = 0.5, test = 0.5 }

        [backbone]
        architecture = "{{model}}"
        weights      = "none"
        input        = [{{FamilyOf(model).InputSize}}, {{FamilyOf(model).InputSize}}]

        [head]
        layers = [{{(FamilyOf(model).PutsOutVector ? "" : "\"global_average_pool\", ")}}"linear({{Classes}})"]

        [[stage]]
        name          = "head"
        freeze        = "backbone"
        epochs        = {{Steps}}
        optimizer     = "sgd"
        learning_rate = 0.0001

        """;

    /// <summary>The network of <see cref="Spec"/>.</summary>
    /// <exception cref="ArgumentException">torchvision or the catalogue has no such network.</exception>
    public static Network ReferenceNetwork(string model)
    {
        Result<TrainingPlan> plan = TrainingPlanBuilder.Build(Spec(model), model + ".modelspec", BackboneCatalogue.BuiltIn);
        return plan.Value?.Network ?? throw new ArgumentException(string.Join(Environment.NewLine, plan.Diagnostics), nameof(model));
    }

    /// <summary>Computes every number for a base seed and writes them as JSON.</summary>
    public void Write(long seed, Utf8JsonWriter json)
    {
        using DisposeScope scope = NewDisposeScope();
        Device device = _network.Module.parameters().First().device;
        Tensor input = CounterHash.Fill(seed + 1000, 1, Images, 3, Network.InputHeight, Network.InputWidth).to(device);
        Tensor labels = tensor([.. Enumerable.Range(0, Images).Select(static n => (7L * n + 3) % Classes)], device: device);
        _network.Module.eval();
        Fill(seed);

        json.WriteStartObject();
        json.WriteString("model", _model);
        json.WriteNumber("base_seed", seed);
        json.WriteString("torch", __version__);
        json.WriteString("torchvision", "none");
        json.WriteNumber("body_parameters", Network.Body.Sum(static layer => layer.LearntParameters));
        WriteForward(input, json);
        Figures.WriteNumbers(json, "head_only_losses", Train(seed, [.. Network.Head], input, labels));
        Figures.WriteNumbers(json, "head_and_last_losses", Train(seed, [.. LastLayers(), .. Network.Head], input, labels));
        json.WriteEndObject();
        json.Flush();
    }

    private static TorchvisionFamily FamilyOf(string model) =>
        TorchvisionFamily.Of(model) ?? throw new ArgumentException($"torchvision has no {model}.", nameof(model));

    private static bool IsBatchNorm(Layer layer) => layer.Main is BatchNormPrimitive;

    private static bool IsNorm(Layer layer) => IsBatchNorm(layer) || layer.Main is LayerNormPrimitive;

    /// <summary>Fills every tensor of the network.</summary>
    private void Fill(long seed)
    {
        using IDisposable noGradient = no_grad();
        IReadOnlyDictionary<string, Tensor> state = ModuleState.Of(_network.Module);
        Dictionary<string, Layer> layers = _network.State.ToDictionary(static entry => entry.Key, static entry => entry.Layer, StringComparer.Ordinal);
        foreach (string key in StateOrder.Arrange(layers.Keys))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor target = state[key];
            (double center, double scale) = Distribution(layers[key], key[(key.LastIndexOf('.') + 1)..], target.shape);
            target.copy_(CounterHash.FillAround(seed++, center, scale, target.shape));
        }
    }

    private (double Center, double Scale) Distribution(Layer layer, string name, ReadOnlySpan<long> shape)
    {
        if (name == "running_var") return (1, 0.5);
        if (name == "running_mean") return (0, 0.1);
        if (name == "weight" && IsNorm(layer)) return (_family.NormCenter, 0.1);
        if (name is "layer_scale" or "class_token" or "pos_embedding") return (0, 0.1);
        if (shape.Length == 1) return (0, 0.05);
        long fanIn = 1;
        foreach (long size in shape[1..]) fanIn *= size;
        return (0, Math.Sqrt(_family.FanInFactor / fanIn));
    }

    private void WriteForward(Tensor input, Utf8JsonWriter json)
    {
        using IDisposable inference = no_grad();
        Dictionary<string, Figures> children = [];
        List<Action> removals = [];
        if (_network.Module is NetworkModule trainer) RunParts(trainer, input, children);
        else removals.AddRange(Watch(children));
        Figures? pooled = null;
        removals.Add(_network.Layers[Network.Head.Last(static layer => layer.LearntParameters > 0).Key].register_forward_hook((_, vector, output) =>
        {
            pooled = Figures.Of(vector, ofSample: false);
            return output;
        }).remove);
        Tensor logits = _network.Module.call(input);
        removals.ForEach(static remove => remove());

        json.WriteStartObject("children");
        foreach ((string child, Figures figures) in children) figures.Write(json, child);
        json.WriteEndObject();
        pooled!.Write(json, "pooled");
        Figures.WriteRows(json, "logits", logits);
    }

    /// <summary>Runs the trainer's module from one child to the next, even if the last layer of a child, a sum, is not a module.</summary>
    private void RunParts(NetworkModule trainer, Tensor input, Dictionary<string, Figures> children)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor current = input;
        int first = 0;
        foreach ((string child, Layer last) in ChildrenWithLastLayers())
        {
            current = trainer.Forward(current, first, last.Index + 1);
            first = last.Index + 1;
            children.Add(child, Figures.Of(current, ofSample: false));
        }
    }

    /// <summary>
    /// Collects the figures of the children in a forward pass: the output of the last layer's module, or the input of the
    /// next layer's if the last layer is not a module.
    /// </summary>
    /// <returns>Ends the collection when it is disposed.</returns>
    private List<Action> Watch(Dictionary<string, Figures> children)
    {
        List<Action> removals = [];
        foreach ((string child, Layer last) in ChildrenWithLastLayers())
        {
            if (_network.Layers.TryGetValue(last.Key, out nn.Module<Tensor, Tensor>? module))
            {
                removals.Add(module.register_forward_hook((_, _, output) => Note(child, output)).remove);
            }
            else if (_network.Layers.TryGetValue(Network.Layers[last.Index + 1].Key, out nn.Module<Tensor, Tensor>? next))
            {
                removals.Add(next.register_forward_pre_hook((_, input) => Note(child, input)).remove);
            }
        }
        return removals;

        Tensor Note(string child, Tensor value)
        {
            children.Add(child, Figures.Of(value, ofSample: false));
            return value;
        }
    }

    private IEnumerable<(string Child, Layer Last)> ChildrenWithLastLayers() => Network.Body
        .Select(layer => (Child: _family.Child(layer), Layer: layer))
        .Where(static entry => entry.Child is not null)
        .GroupBy(static entry => entry.Child!, static entry => entry.Layer, StringComparer.Ordinal)
        .Select(static child => (child.Key, child.Last()));

    /// <summary>The layers of the last child that has weights.</summary>
    private IEnumerable<Layer> LastLayers() => Network.Body
        .GroupBy(_family.Child, StringComparer.Ordinal)
        .Where(static child => child.Key is not null && child.Any(static layer => layer.LearntParameters > 0))
        .TakeLast(_family.LastChildren)
        .SelectMany(static child => child);

    /// <summary>
    /// Fills the network again and trains some of its layers on the same batch by plain gradient descent. Dropout and stochastic depth are
    /// off; batch normalisations that learn use the batch's statistics.
    /// </summary>
    private List<double> Train(long seed, IReadOnlyList<Layer> learning, Tensor input, Tensor labels)
    {
        Fill(seed);
        _network.Module.eval();
        foreach (Layer norm in learning.Where(IsBatchNorm)) _network.Layers[norm.Key].train();
        HashSet<string> learnt = [.. _network.State.Where(entry => entry.Tensor.IsLearnt && learning.Contains(entry.Layer)).Select(static entry => entry.Key)];
        List<Parameter> parameters = [];
        foreach ((string key, Parameter parameter) in _network.Module.named_parameters())
        {
            parameter.requires_grad = learnt.Contains(key);
            if (parameter.requires_grad) parameters.Add(parameter);
        }

        using optim.Optimizer optimizer = optim.SGD(parameters, LearningRate);
        List<double> losses = [];
        for (int step = 0; step < Steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor loss = nn.functional.cross_entropy(_network.Module.call(input), labels);
            losses.Add(loss.item<float>());
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        _network.Module.eval();
        return losses;
    }
}
