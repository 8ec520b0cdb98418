using System.CommandLine;
using System.Globalization;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Training.Modules;
using FineTune.Weights;
using ModelSpec.Layers;
using ModelSpec.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Benchmarks;

/// <summary>
/// The two stages of the recipe with VGG16 (random weights: only the time matters): the warm-up compared with one pass over the images plus
/// the head's own steps, and the second stage's steps compared with steps through the whole network.
/// </summary>
internal sealed class VggStages : Command
{
    private const int BatchSize = 32;

    private readonly Option<int> _images = new("--images") { DefaultValueFactory = static _ => 1360 };
    private readonly Option<int> _epochs = new("--epochs") { DefaultValueFactory = static _ => 25 };
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 1 };
    private readonly Option<string[]> _against = new("--against")
    {
        Description = "Another command that does the same and prints total_s, for example benchmarks/pytorch/vgg16_flowers17.py.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<int> _views = new("--views") { Description = "Warped versions of each training image; 0 for the images as they are." };
    private readonly Option<int> _second = new("--second") { Description = "Epochs of the second stage.", DefaultValueFactory = static _ => 3 };
    private readonly Option<string> _precision = new("--precision") { DefaultValueFactory = static _ => "auto" };

    public VggStages()
        : base("vgg16-stages", "The stages of the VGG16 recipe.")
    {
        Add(_images);
        Add(_epochs);
        Add(_rounds);
        Add(_views);
        Add(_second);
        Add(_precision);
        Add(_against);
        SetAction(parse => Measure(
            parse.GetValue(_images), parse.GetValue(_epochs), parse.GetValue(_second), parse.GetValue(_views), parse.GetValue(_rounds), parse.GetValue(_precision)!, parse.GetValue(_against) ?? []));
    }

    private static void Measure(int images, int epochs, int second, int views, int rounds, string precision, string[] against)
    {
        NativeLibraries.Load();
        using var folder = new FlowerFolder(images, 17);
        string weights = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".safetensors");
        Network network = Specs.Network("vgg16");
        using (var module = new NetworkModule(network))
        {
            SafetensorsWriter.Write(weights, [.. module.Weights().Where(static w => w.Key.StartsWith("features", StringComparison.Ordinal))], new Dictionary<string, string>());
        }
        try
        {
            string spec = folder.Spec($"architecture = \"vgg16\"\nweights = \"{weights}\"", "flatten", $"""
                {(views == 0 ? "" : $"[data.augment]\nrotation = 30\nwidth_shift = 0.1\nheight_shift = 0.1\nzoom = 0.2\nhorizontal_flip = true\nviews = {views}")}

                [[stage]]
                name = "warm-up"
                freeze = "0..18"
                epochs = {epochs}
                batch_size = {BatchSize}
                optimizer = "rmsprop"
                learning_rate = 0.0001

                [[stage]]
                name = "fine-tune"
                freeze = "0..14"
                epochs = {second}
                batch_size = {BatchSize}
                optimizer = "sgd"
                learning_rate = 0.001
                momentum = 0.9
                """);
            List<double> here = [], there = [], overFloor = [];
            for (int round = 0; round < rounds; round++)
            {
                TrainerRun run = TrainerRun.Train(spec, 0, "--precision", precision);
                overFloor.Add(Tell(run, network, images, Math.Max(views, 1), epochs, second));
                here.Add(run.Seconds);
                if (against.Length == 0) continue;
                string output = Commands.Run(".", against[0], against[1..]);
                Console.WriteLine(output.Trim());
                there.Add(Commands.Number(output, "total_s"));
            }
            var trainer = new Measurement("the trainer, start to end", here);
            Console.WriteLine(trainer);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"warm-up, over a forward pass of its images and the head's arithmetic: median {new Measurement("", overFloor).Median:0.00} (target: at most 1.15)"));
            if (there.Count > 0)
            {
                var other = new Measurement(string.Join(' ', against.Select(Path.GetFileName)), there);
                Console.WriteLine(other);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio of the medians: {trainer.Median / other.Median:0.00}"));
            }
        }
        finally
        {
            File.Delete(weights);
        }
        TellSteps(network);
    }

    /// <returns>The time of the warm-up divided by that of its forward pass and its steps alone.</returns>
    private static double Tell(TrainerRun run, Network network, int images, int views, int epochs, int second)
    {
        double begin = run.At("warm-up trains"), decoded = run.At(": decoded"), trained = run.At($"warm-up epoch {epochs}/{epochs}"), end = run.At("after warm-up");
        double begun = run.At("fine-tune trains"), secondTrained = run.At($"fine-tune epoch {second}/{second}"), secondEnd = run.At("after fine-tune");
        double first = run.At($"fine-tune epoch 1/{second}");
        int train = images * 3 / 4;
        bool isHalf = run.Lines.Any(static l => l.Text.Contains("in bf16", StringComparison.Ordinal));
        (double forward, double step) = Floor(network, isHalf ? ScalarType.BFloat16 : ScalarType.Float32);
        double floor = views * train * forward + epochs * (train + BatchSize - 1) / BatchSize * step;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {images} images, peak {run.PeakBytes / 1e9:0.00} GB, {run.Seconds:0.0} s in {(isHalf ? "bf16" : "fp32")}
              warm-up: features {decoded - begin:0.0} s ({views * train / (decoded - begin):0.0} images/s), {epochs} epochs {trained - decoded:0.0} s, evaluation in fp32 {end - trained:0.0} s
              by themselves: the forward pass {views * train * forward:0.0} s ({1 / forward:0.0} images/s), the head's steps {floor - views * train * forward:0.0} s
              fine-tune: features and one epoch {first - begun:0.0} s, {second - 1} more {secondTrained - first:0.0} s ({(second - 1) * train / (secondTrained - first):0.0} images/s), evaluation in fp32 {secondEnd - secondTrained:0.0} s
            """));
        return (trained - begin) / floor;
    }

    /// <summary>Seconds of an image's pass through the body, and of a step of the head alone. Neither decodes images or stores features.</summary>
    private static (double Forward, double Step) Floor(Network network, ScalarType type)
    {
        const int Pass = 5;
        using var module = new NetworkModule(network);
        int depth = network.BodyLength;
        using InferenceNetwork body = module.ForInference(0, depth, type);
        using Tensor images = rand(Pass, 224, 224, 3).permute(0, 3, 1, 2);
        using Tensor features = rand(BatchSize, 512, 7, 7);
        using Tensor labels = randint(0, 17, [BatchSize]);
        using var optimizer = optim.RMSProp(network.Head.SelectMany(layer => module[layer]?.parameters() ?? []), 1e-4);
        IReadOnlyList<Measurement> times = Commands.Interleave(15,
            ("forward", () => body.Forward(images).Dispose()), ("a step", () => Step(module, optimizer, features, labels, depth, ScalarType.Float32)));
        return (times[0].Median / Pass, times[1].Median);
    }

    private static void TellSteps(Network network)
    {
        using var module = new NetworkModule(network);
        int block5 = network.Layers.First(static l => l.Name == "block5_conv1").Index;
        foreach (Layer layer in network.Layers)
        {
            foreach (var parameter in module[layer]?.parameters() ?? []) parameter.requires_grad = layer.Index >= block5;
        }
        using Tensor labels = randint(0, 17, [BatchSize]);
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            using Tensor images = rand(BatchSize, 224, 224, 3).permute(0, 3, 1, 2);
            using InferenceNetwork prefix = module.ForInference(0, block5, type);
            using Tensor features = prefix.Forward(images).to_type(ScalarType.Float32);
            using var optimizer = optim.SGD(module.parameters().Where(static p => p.requires_grad), 1e-3);
            IReadOnlyList<Measurement> times = Commands.Interleave(5,
                ("through the whole network", () => Step(module, optimizer, images, labels, 0, type)),
                ("after the frozen layers", () => Step(module, optimizer, features, labels, block5, type)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"a step of {BatchSize} in {(type == ScalarType.Float32 ? "fp32" : "bf16")}: {BatchSize / times[0].Median:0.0} images/s through the whole network, {BatchSize / times[1].Median:0.0} after the frozen layers, {times[0].Median / times[1].Median:0.0} times as fast"));
        }
    }

    private static void Step(NetworkModule module, OptimizerHelper optimizer, Tensor input, Tensor labels, int depth, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        optimizer.zero_grad();
        nn.functional.cross_entropy(module.Forward(input, depth, module.Network.Layers.Count, type), labels).backward();
        optimizer.step();
    }
}
