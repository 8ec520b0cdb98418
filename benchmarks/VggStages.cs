using System.CommandLine;
using System.Globalization;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Training.Modules;
using FineTune.Weights;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Benchmarks;

/// <summary>
/// The two stages of the recipe with VGG16 (random weights: only the time matters): the warm-up against one pass over the images plus
/// the head's own steps, and the second stage's steps against steps through the whole network.
/// </summary>
internal sealed class VggStages : Command
{
    private readonly Option<int> _images = new("--images") { DefaultValueFactory = static _ => 1360 };
    private readonly Option<int> _epochs = new("--epochs") { DefaultValueFactory = static _ => 25 };
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 1 };
    private readonly Option<string[]> _against = new("--against")
    {
        Description = "Another command that does the same and prints total_s, for example benchmarks/pytorch/vgg16_flowers17.py.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string> _precision = new("--precision") { DefaultValueFactory = static _ => "auto" };

    public VggStages()
        : base("vgg16-stages", "The stages of the VGG16 recipe.")
    {
        Add(_images);
        Add(_epochs);
        Add(_rounds);
        Add(_precision);
        Add(_against);
        SetAction(parse => Measure(
            parse.GetValue(_images), parse.GetValue(_epochs), parse.GetValue(_rounds), parse.GetValue(_precision)!, parse.GetValue(_against) ?? []));
    }

    private static void Measure(int images, int epochs, int rounds, string precision, string[] against)
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
                [[stage]]
                name = "warm-up"
                freeze = "0..18"
                epochs = {epochs}
                batch_size = 32
                optimizer = "rmsprop"
                learning_rate = 0.0001

                [[stage]]
                name = "fine-tune"
                freeze = "0..14"
                epochs = 3
                batch_size = 32
                optimizer = "sgd"
                learning_rate = 0.001
                """);
            List<double> here = [], there = [];
            for (int round = 0; round < rounds; round++)
            {
                TrainerRun run = TrainerRun.Train(spec, 0, "--precision", precision);
                Tell(run, images, epochs);
                here.Add(run.Seconds);
                if (against.Length == 0) continue;
                string output = Commands.Run(".", against[0], against[1..]);
                Console.WriteLine(output.Trim());
                there.Add(Commands.Number(output, "total_s"));
            }
            var trainer = new Measurement("the trainer, start to end", here);
            Console.WriteLine(trainer);
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

    private static void Tell(TrainerRun run, int images, int epochs)
    {
        double begin = run.At("warm-up trains"), decoded = run.At(": decoded"), trained = run.At($"warm-up epoch {epochs}/{epochs}"), end = run.At("after warm-up");
        double second = run.At("fine-tune trains"), secondTrained = run.At("fine-tune epoch 3/3"), secondEnd = run.At("after fine-tune");
        double first = run.At("fine-tune epoch 1/3");
        int train = images * 3 / 4;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {images} images, peak {run.PeakBytes / 1e9:0.00} GB, {run.Seconds:0.0} s{(run.Lines.Any(static l => l.Text.Contains("in bf16", StringComparison.Ordinal)) ? " in bf16" : " in fp32")}
              warm-up: features {decoded - begin:0.0} s ({train / (decoded - begin):0.0} images/s), {epochs} epochs {trained - decoded:0.0} s, evaluation in fp32 {end - trained:0.0} s
              fine-tune: features and one epoch {first - second:0.0} s, two more {secondTrained - first:0.0} s ({2 * train / (secondTrained - first):0.0} images/s), evaluation in fp32 {secondEnd - secondTrained:0.0} s
            """));
    }

    private static void TellSteps(Network network)
    {
        using var module = new NetworkModule(network);
        int block5 = network.Layers.First(static l => l.Name == "block5_conv1").Index;
        foreach (Layer layer in network.Layers)
        {
            foreach (var parameter in module[layer]?.parameters() ?? []) parameter.requires_grad = layer.Index >= block5;
        }
        using Tensor labels = randint(0, 17, [32]);
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            using Tensor images = rand(32, 224, 224, 3).permute(0, 3, 1, 2);
            using InferenceNetwork prefix = module.ForInference(0, block5, type);
            using Tensor features = prefix.Forward(images).to_type(ScalarType.Float32);
            using var optimizer = optim.SGD(module.parameters().Where(static p => p.requires_grad), 1e-3);
            IReadOnlyList<Measurement> times = Commands.Interleave(3,
                ("through the whole network", () => Step(images, 0)), ("behind the frozen layers", () => Step(features, block5)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"a step of 32 in {(type == ScalarType.Float32 ? "fp32" : "bf16")}: {32 / times[0].Median:0.0} images/s through the whole network, {32 / times[1].Median:0.0} behind the frozen layers, {times[0].Median / times[1].Median:0.0} times as fast"));

            void Step(Tensor input, int depth)
            {
                using DisposeScope scope = NewDisposeScope();
                optimizer.zero_grad();
                nn.functional.cross_entropy(module.Forward(input, depth, network.Layers.Count, type), labels).backward();
                optimizer.step();
            }
        }
    }
}
