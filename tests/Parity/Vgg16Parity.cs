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

    /// <summary>The plan of the reference numbers.</summary>
    public static TrainingPlan ReferencePlan()
    {
        using Stream stream = typeof(Vgg16Parity).Assembly.GetManifestResourceStream("vgg16_parity.modelspec")!;
        using var reader = new StreamReader(stream);
        return TrainingPlanBuilder.Build(reader.ReadToEnd(), "vgg16_parity.modelspec", BackboneCatalogue.BuiltIn).Value!;
    }

    /// <summary>The trainer's module of a plan's network.</summary>
    public static Vgg16Parity OfTrainer(TrainingPlan plan)
    {
        var module = new NetworkModule(plan.Network);
        return new Vgg16Parity(plan, module, plan.Network.Layers
            .Where(layer => module[layer] is not null)
            .ToDictionary(static layer => layer.Key, layer => module[layer]!, StringComparer.Ordinal));
    }

    /// <summary>Computes every number for a base seed and writes them as JSON.</summary>
    public void Write(long seed, Utf8JsonWriter json)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = CounterHash.Fill(seed + 1000, 1, Images, 3, Network.InputHeight, Network.InputWidth);
        Tensor labels = tensor([.. Enumerable.Range(0, Images).Select(static n => (7L * n + 3) % 17)]);
        Module.eval();
        Fill(seed);

        json.WriteStartObject();
        json.WriteNumber("base_seed", seed);
        json.WriteString("torch", __version__);
        json.WriteString("torchvision", "none");
        json.WriteStartObject("pools");
        Tensor logits = WritePools(input, json);
        json.WriteEndObject();
        WriteRows(json, "logits", logits);
        WriteRows(json, "probabilities", nn.functional.softmax(logits, 1));
        WriteNumbers(json, "head_only_losses", Train(seed, 0, input, labels));
        WriteNumbers(json, "head_and_block5_losses", Train(seed, 1, input, labels));
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
                Tensor target = state[$"{layer.Key}.{tensor.Name}"];
                double scale = target.dim() == 1 ? 0.05 : Math.Sqrt(6.0 / (target.numel() / target.shape[0]));
                target.copy_(CounterHash.Fill(seed++, scale, target.shape));
            }
        }
    }

    private Tensor WritePools(Tensor input, Utf8JsonWriter json)
    {
        using IDisposable inference = no_grad();
        List<Action> removals = [];
        foreach (MaxPoolLayer pool in Network.Layers.OfType<MaxPoolLayer>())
        {
            removals.Add(Layers[pool.Key].register_forward_hook((_, _, output) =>
            {
                WritePool(json, pool.Key, output);
                return output;
            }).remove);
        }
        Tensor logits = Module.call(input);
        removals.ForEach(static remove => remove());
        return logits;
    }

    private static void WritePool(Utf8JsonWriter json, string name, Tensor output)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = output.to_type(ScalarType.Float64);
        json.WriteStartObject(name);
        json.WriteStartArray("shape");
        foreach (long size in output.shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteNumber("mean", wide.mean().item<double>());
        json.WriteNumber("std", wide.std().item<double>());
        WriteNumbers(json, "first", output.flatten().narrow(0, 0, 4).data<float>().ToArray().Select(static x => (double)x));
        json.WriteEndObject();
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

    private static void WriteRows(Utf8JsonWriter json, string name, Tensor rows)
    {
        json.WriteStartArray(name);
        for (int i = 0; i < rows.shape[0]; i++)
        {
            json.WriteStartArray();
            foreach (float value in rows[i].data<float>().ToArray()) json.WriteNumberValue((double)value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
