using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace FineTune.Inference;

/// <summary>
/// Checks on the machine where a network runs that its kernels are right there. A network whose optimised form is wrong is run layer by layer
/// as it stands in the file.
/// </summary>
internal static class OnnxCheck
{
    /// <summary>
    /// The largest difference of the logits from the exact ones, as a share of the largest of them, in float32. Rounding stays far below; a wrong
    /// kernel is off by about 1.
    /// </summary>
    private const double Tolerance = 1e-3;

    /// <summary>The key of what the exporter measured the difference to be, where a model computes or stores numbers of lower precision.</summary>
    private const string MeasuredKey = "finetune.golden_error";

    /// <summary>Compares what a network makes of the check image with what its training computed exactly.</summary>
    /// <param name="network">The network, which is freed where another form takes its place.</param>
    /// <param name="input">The prepared check image.</param>
    /// <param name="exact">The logits of the training.</param>
    /// <param name="name">The class, which messages name.</param>
    /// <param name="warn">Gets a warning where another form takes the network's place.</param>
    /// <returns>The network to use.</returns>
    /// <exception cref="WrongKernelException">Both forms are wrong.</exception>
    public static OnnxNetwork Run(OnnxNetwork network, float[] input, double[] exact, string name, Action<string> warn)
    {
        double allowed = Tolerance + (2 * Measured(network.Metadata));
        double error = Error(network.Run(OnnxNetwork.Logits, input, 1), exact);
        if (error <= allowed) return network;
        OnnxNetwork plain = network.LoadPlain();
        network.Dispose();
        double plainError = Error(plain.Run(OnnxNetwork.Logits, input, 1), exact);
        if (plainError > allowed)
        {
            plain.Dispose();
            throw new WrongKernelException(string.Create(CultureInfo.InvariantCulture,
                $"{name} computes wrong results on this machine, without ONNX Runtime's optimisations as well: they are off by {plainError:0.0e+0} of the largest. {Describe()}."));
        }
        string warning = string.Create(CultureInfo.InvariantCulture,
            $"{name}: ONNX Runtime's optimised form of the network gives wrong results on this machine (off by {error:0.0e+0} of the largest), so a slower, correct form is used. {Describe()}.");
        warn(warning);
        return plain;
    }

    private static string Describe() =>
        $"Processor: {Machine.DescribeProcessor()}; ONNX Runtime {typeof(InferenceSession).Assembly.GetName().Version!.ToString(3)}";

    private static double Measured(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(MeasuredKey, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value : 0;

    private static double Error(float[] actual, double[] exact)
    {
        double difference = 0, largest = 1e-30;
        for (int i = 0; i < exact.Length; i++)
        {
            if (!float.IsFinite(actual[i])) return double.PositiveInfinity;
            difference = Math.Max(difference, Math.Abs(actual[i] - exact[i]));
            largest = Math.Max(largest, Math.Abs(exact[i]));
        }
        return difference / largest;
    }
}
