using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// Checks on the machine where a network runs that its kernels are right there. Libraries choose kernels by the processor, and a kernel
/// that is right on one can be wrong on the next without any error. Convolutions that turn out wrong are run in the safe way.
/// </summary>
internal static class SelfCheck
{
    /// <summary>
    /// The largest difference of a whole network from its exact output, as a share of the largest number of it, in float32 on a CPU. Rounding
    /// stays far below: 1e-5 for VGG16. A wrong kernel is off by about 1.
    /// </summary>
    private const double WholeTolerance = 1e-3;

    /// <summary>
    /// The same of one convolution whose input is given. It allows for bfloat16, which has 8 bits, and for TF32, in which GPUs multiply float32
    /// numbers with 11 bits.
    /// </summary>
    private const double LayerTolerance = 0.05;

    /// <summary>Checks layers against their exact output, and corrects them if possible.</summary>
    /// <param name="layers">The layers in order, each of which may be in several parts.</param>
    /// <param name="input">The prepared input of the first part.</param>
    /// <param name="exact">What the last part must put out.</param>
    /// <param name="precision">What convolutions compute in.</param>
    /// <returns>The convolutions that were wrong and now run in the safe way; none where everything was right.</returns>
    /// <exception cref="WrongKernelException">The output is wrong, and running convolutions with the safe implementation did not help.</exception>
    public static IReadOnlyList<Conv2d> Run(IReadOnlyList<InferenceNetwork> layers, Tensor input, Tensor exact, ScalarType precision)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        // Of lower precision, the rounding of many layers adds up to a quarter of the result and more: there, each one is compared by itself.
        bool comparesWhole = precision == ScalarType.Float32 && input.device_type == DeviceType.CPU;
        if (comparesWhole && Error(Forward(layers, input), exact) <= WholeTolerance) return [];

        List<Conv2d> wrong = [];
        Tensor current = input;
        foreach (InferenceNetwork part in layers) current = part.AvoidWrongKernels(current, comparesWhole ? WholeTolerance : LayerTolerance, wrong);
        if (!comparesWhole) return wrong;
        double error = Error(Forward(layers, input), exact);
        return error <= WholeTolerance ? wrong : throw new WrongKernelException(string.Create(CultureInfo.InvariantCulture,
            $"The network computes wrong results on this machine: they are off by {error:0.0e+0} of the largest, and running {wrong.Count} convolutions with the safe implementation did not help. {Describe()}."));
    }

    /// <summary>The largest difference from the exact numbers, as a share of the largest of them; infinite where a number is not finite.</summary>
    public static double Error(Tensor actual, Tensor exact)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wanted = exact.cpu().to_type(ScalarType.Float64);
        double difference = (actual.cpu().to_type(ScalarType.Float64).reshape(wanted.shape) - wanted).abs().max().item<double>();
        double largest = wanted.abs().max().item<double>();
        return double.IsFinite(difference) ? difference / Math.Max(largest, 1e-30) : double.PositiveInfinity;
    }

    /// <summary>The processor and the library, as a warning names them.</summary>
    public static string Describe() => $"Processor: {Machine.DescribeProcessor()}; libtorch as of TorchSharp {typeof(torch).Assembly.GetName().Version!.ToString(3)}";

    private static Tensor Forward(IReadOnlyList<InferenceNetwork> layers, Tensor input)
    {
        Tensor current = input;
        foreach (InferenceNetwork part in layers) current = part.Forward(current);
        return current;
    }
}
