using System.Diagnostics;
using FineTune.Inference;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Processes;
using ModelSpec.Networks;
using ModelSpec.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training;

/// <summary>The type that convolutions compute in, float32 or bfloat16: either as requested, or as measured.</summary>
internal static class Precisions
{
    /// <summary>Chooses by measuring.</summary>
    public const string Auto = "auto";

    private const string Single = "fp32";
    private const string Half = "bf16";

    /// <summary>The number of multiplications of the frozen layers for one image below which bfloat16 is not worth measuring.</summary>
    private const long WorthMeasuring = 100_000_000;

    /// <summary>
    /// Multiplications of a measured pass: larger passes take long on a small processor, and smaller passes are dominated by overhead and
    /// vary from run to run.
    /// </summary>
    private const long Measured = 2_500_000_000;

    /// <summary>The speedup that bfloat16 must reach: well above measurement noise, and well below what processors with bfloat16 instructions reach.</summary>
    private const double WorthHaving = 1.3;

    /// <summary>The type of a precision.</summary>
    public static ScalarType TypeOf(string precision) => precision == Half ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>Resolves <c>auto</c>, <c>fp32</c> or <c>bf16</c>.</summary>
    /// <param name="name">The requested precision.</param>
    /// <param name="plan">The plan; its network's frozen layers are measured, with random weights.</param>
    /// <param name="device">The device of the training.</param>
    /// <param name="location">The position at which an unknown name is reported.</param>
    /// <param name="time">Times a pass of the frozen layers in a precision, in any unit; by the clock by default.</param>
    /// <returns><c>fp32</c> or <c>bf16</c>.</returns>
    /// <exception cref="TrainingException">The precision is unknown.</exception>
    public static string Choose(string name, TrainingPlan plan, Func<Device> device, SpecLocation location,
        Func<InferenceNetwork, Tensor, ScalarType, double>? time = null) => name switch
        {
            Single or Half => name,
            Auto => Measure(plan, device, time ?? Time),
            _ => throw location.Error(TrainingDiagnostics.Precision, name),
        };

    private static string Measure(TrainingPlan plan, Func<Device> device, Func<InferenceNetwork, Tensor, ScalarType, double> time)
    {
        Network network = plan.Network;
        int depth = plan.Stages.Max(plan.FrozenPrefix);
        long multiplications = network.Layers.Take(depth).Sum(static l => l.Multiplications);
        if (multiplications < WorthMeasuring) return Single;

        Device where = device();
        using DisposeScope scope = NewDisposeScope();
        using var module = new NetworkModule(network);
        module.to(where);
        module.eval();
        long batch = Math.Clamp(Measured / multiplications, 1, 16);
        Tensor images = zeros([batch, network.InputHeight, network.InputWidth, 3], device: where).permute(0, 3, 1, 2);
        using InferenceNetwork single = module.ForInference(0, depth, ScalarType.Float32);
        using InferenceNetwork half = module.ForInference(0, depth, ScalarType.BFloat16);
        double singleTime = double.MaxValue, halfTime = double.MaxValue;
        // Measure on one thread. With several, a busy core stalls the others, and stalls short (bf16) operations most, which biases the
        // result.
        using var threads = new TorchThreads(1);
        for (int round = 0; round < 4; round++)
        {
            singleTime = Math.Min(singleTime, time(single, images, ScalarType.Float32));
            halfTime = Math.Min(halfTime, time(half, images, ScalarType.BFloat16));
        }
        return singleTime > WorthHaving * halfTime ? Half : Single;
    }

    private static double Time(InferenceNetwork layers, Tensor images, ScalarType precision)
    {
        var clock = Stopwatch.StartNew();
        // Read back, because a GPU may still be computing.
        using Tensor output = layers.Forward(images);
        using Tensor here = output.cpu();
        return clock.Elapsed.TotalSeconds;
    }
}
