using System.Text.Json;
using FineTune.Training.Modules;
using FineTune.Training.Stages;
using ModelSpec.Backbones;
using ModelSpec.Layers;
using ModelSpec.Networks;
using ModelSpec.Plans;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Parity;

/// <summary>
/// VGG16 with FCHeadNet on weights, images and labels that a formula fills (<see cref="CounterHash"/>), so that its numbers can be
/// compared with those of any other implementation. The k-th tensor, counted from 0 in the order of the layers, has the seed
/// base + k and the scale sqrt(6 / fan-in), or 0.05 for a bias; the images have the seed base + 1000; the label of image n is
/// (7n + 3) mod 17.
/// </summary>
/// <param name="Plan">The plan.</param>
/// <param name="Module">A module of its network: the trainer's, or a generated class.</param>
/// <param name="Layers">The modules of its layers by state-dict key.</param>
internal sealed record Vgg16Parity(TrainingPlan Plan, nn.Module<Tensor, Tensor> Module, IReadOnlyDictionary<string, nn.Module<Tensor, Tensor>> Layers)
{
    private const int Images = 2;

    private Network Network => Plan.Network;

    /// <summary>The spec of the reference numbers.</summary>
    public static string Spec()
    {
        using Stream stream = typeof(Vgg16Parity).Assembly.GetManifestResourceStream("vgg16_parity.modelspec")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The plan of the reference numbers.</summary>
    public static TrainingPlan ReferencePlan() => TrainingPlanBuilder.Build(Spec(), "vgg16_parity.modelspec", BackboneCatalogue.BuiltIn).Value!;

    /// <summary>The trainer's module of a plan's network.</summary>
    public static Vgg16Parity OfTrainer(TrainingPlan plan)
    {
        var module = new NetworkModule(plan.Network);
        return new Vgg16Parity(plan, module, plan.Network.Layers
            .Where(layer => module[layer] is not null)
            .ToDictionary(static layer => layer.Key, layer => module[layer]!, StringComparer.Ordinal));
    }

    /// <summary>A generated class of a plan's network.</summary>
    public static Vgg16Parity OfGenerated(TrainingPlan plan, nn.Module<Tensor, Tensor> classifier) => new(plan, classifier, classifier.named_modules()
        .Where(static entry => entry.module is nn.Module<Tensor, Tensor>)
        .ToDictionary(static entry => entry.name, static entry => (nn.Module<Tensor, Tensor>)entry.module, StringComparer.Ordinal));

    /// <summary>Computes every number for a base seed and writes them as JSON.</summary>
    public void Write(long seed, Utf8JsonWriter json)
    {
        using DisposeScope scope = NewDisposeScope();
        Device device = Module.parameters().First().device;
        Tensor input = CounterHash.Fill(seed + 1000, 1, Images, 3, Network.InputHeight, Network.InputWidth).to(device);
        Tensor labels = tensor([.. Enumerable.Range(0, Images).Select(static n => (7L * n + 3) % 17)], device: device);
        Module.eval();
        Fill(seed);

        json.WriteStartObject();
        json.WriteNumber("base_seed", seed);
        json.WriteString("torch", __version__);
        json.WriteString("torchvision", "none");
        json.WriteStartObject("pools");
        Tensor logits = WritePools(input, json);
        json.WriteEndObject();
        Figures.WriteRows(json, "logits", logits);
        Figures.WriteRows(json, "probabilities", nn.functional.softmax(logits, 1));
        Figures.WriteNumbers(json, "head_only_losses", Train(seed, 0, input, labels));
        Figures.WriteNumbers(json, "head_and_block5_losses", Train(seed, 1, input, labels));
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Fills every tensor of the network.</summary>
    private void Fill(long seed)
    {
        using IDisposable noGradient = no_grad();
        IReadOnlyDictionary<string, Tensor> state = ModuleState.Of(Module);
        foreach (Layer layer in Network.Layers)
        {
            foreach (StateTensor tensor in layer.State)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor target = state[layer.KeyOf(tensor)];
                double scale = target.dim() == 1 ? 0.05 : Math.Sqrt(6.0 / (target.numel() / target.shape[0]));
                target.copy_(CounterHash.Fill(seed++, scale, target.shape));
            }
        }
    }

    private Tensor WritePools(Tensor input, Utf8JsonWriter json)
    {
        using IDisposable inference = no_grad();
        List<Action> removals = [];
        foreach (Layer pool in Network.Layers.Where(static layer => layer.Main is WindowPoolPrimitive))
        {
            removals.Add(Layers[pool.Key].register_forward_hook((_, _, output) =>
            {
                Figures.Of(output, ofSample: true).Write(json, pool.Key);
                return output;
            }).remove);
        }
        Tensor logits = Module.call(input);
        removals.ForEach(static remove => remove());
        return logits;
    }

    /// <summary>Fills the network again and trains the layers that a stage does not freeze on the same batch.</summary>
    private List<double> Train(long seed, int stageIndex, Tensor input, Tensor labels)
    {
        Stage stage = Plan.Stages[stageIndex];
        Fill(seed);
        List<Parameter> learnt = [];
        foreach (Layer layer in Network.Layers.Where(static l => l.LearntParameters > 0))
        {
            foreach (Parameter parameter in Layers[layer.Key].parameters())
            {
                parameter.requires_grad = !stage.Freezes(layer);
                if (parameter.requires_grad) learnt.Add(parameter);
            }
        }

        using optim.Optimizer optimizer = Optimizers.Create(stage.Optimizer, [new RateGroup(1, learnt)]);
        List<double> losses = [];
        for (int step = 0; step < stage.Epochs; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor loss = nn.functional.cross_entropy(Module.call(input), labels);
            losses.Add(loss.item<float>());
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        return losses;
    }
}
