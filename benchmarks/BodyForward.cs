using System.CommandLine;
using System.Globalization;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Native;
using FineTune.Training;
using FineTune.Training.Modules;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Benchmarks;

/// <summary>
/// A forward pass through a backbone with random weights: layer by layer, and optimised for inference in float32 and in bfloat16; compared with the
/// rate at which this machine multiplies matrices, and against another program that prints <c>images_per_second</c>.
/// </summary>
internal sealed class BodyForward : Command
{
    private readonly Option<string> _model = new("--model") { DefaultValueFactory = static _ => "vgg16" };
    private readonly Option<int> _batch = new("--batch") { DefaultValueFactory = static _ => 8 };
    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = static _ => 5 };
    private readonly Option<string[]> _against = new("--against") { Description = "The other command and its arguments.", AllowMultipleArgumentsPerToken = true };

    public BodyForward()
        : base("forward", "Images a second through a backbone.")
    {
        Add(_model);
        Add(_batch);
        Add(_rounds);
        Add(_against);
        SetAction(parse => Measure(parse.GetValue(_model)!, parse.GetValue(_batch), parse.GetValue(_rounds), parse.GetValue(_against) ?? []));
    }

    private static void Measure(string model, int batch, int rounds, string[] against)
    {
        NativeLibraries.Load();
        Network network = Specs.Network(model);
        using var module = new NetworkModule(network);
        module.eval();
        int depth = network.BodyLength;
        using InferenceNetwork single = module.ForInference(0, depth, ScalarType.Float32);
        using InferenceNetwork half = module.ForInference(0, depth, ScalarType.BFloat16);
        PixelTransform transform = PixelTransforms.Of(network);
        using Tensor pixels = randint(0, 256, [batch, network.InputHeight, network.InputWidth, 3], ScalarType.Byte);
        using Tensor images = transform.Apply(pixels);
        List<double> others = [];
        List<(string, Action)> things =
        [
            ("layer by layer, fp32", () => { using var none = no_grad(); module.Forward(images, 0, depth).Dispose(); }),
            ("for inference, fp32", () => single.Forward(images).Dispose()),
            ("for inference, bf16", () => half.Forward(images).Dispose()),
        ];
        if (against.Length > 0) things.Add((string.Join(' ', against.Select(Path.GetFileName)), () => others.Add(Commands.Number(Commands.Run(".", against[0], against[1..]), "images_per_second"))));

        IReadOnlyList<Measurement> times = Commands.Interleave(rounds, things);
        double operations = 2e-9 * network.Body.Sum(static l => l.Multiplications);
        double rate = MatrixRate(ScalarType.Float32), halfRate = MatrixRate(ScalarType.BFloat16);
        Tell(string.Create(CultureInfo.InvariantCulture, $"{model}, batch {batch}: {operations:0.00} GFLOP an image; matrices at {rate:0} GFLOP/s in fp32, {halfRate:0} in bf16"));
        double other = others.Count > 0 ? others.Skip(1).Order().ElementAt((others.Count - 1) / 2) : double.NaN;
        for (int i = 0; i < 3; i++)
        {
            double perSecond = batch / times[i].Median;
            Tell(string.Create(CultureInfo.InvariantCulture,
                $"{times[i].Name,-24} {perSecond,7:0.0} images/s, {100 * perSecond * operations / (i == 2 ? halfRate : rate):0}% of the matrix rate, {perSecond / other:0.00} times the other"));
        }
        if (others.Count > 0) Tell(string.Create(CultureInfo.InvariantCulture, $"{times[3].Name,-24} {other,7:0.0} images/s"));
    }

    /// <summary>Billions of operations per second in a product of two matrices with 2048 rows, computed by oneDNN, as convolutions are.</summary>
    private static double MatrixRate(ScalarType type)
    {
        using IDisposable none = no_grad();
        using Tensor a = rand(1, 32, 64, 2048).permute(0, 3, 1, 2).to_type(type);
        using Tensor b = rand(2048, 2048, 1, 1).to_type(type);
        return 2 * Math.Pow(2048, 3) / 1e9 / Commands.Interleave(7, ("matrices", () => nn.functional.conv2d(a, b).Dispose()))[0].Median;
    }

    private static void Tell(string line) => Console.WriteLine(line);
}
