using FineTune.Native;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Modules;
using FineTune.Training.Weights;
using ModelSpec.Diagnostics;
using PureHDF;
using static TorchSharp.torch;

namespace Training.Tests.Weights;

public class KerasWeightsTests
{
    private const string File = "tiny.h5";

    static KerasWeightsTests() => NativeLibraries.Load();

    [Fact]
    public void Kernels_and_batch_norms_come_in_the_order_of_PyTorch()
    {
        using var project = new TinyProject();
        SpecSource spec = Write(project);
        using var module = new NetworkModule(spec.Network);

        KerasWeights.Load(project[File], module, spec);

        IReadOnlyDictionary<string, Tensor> state = FineTune.ModuleState.Of(module);
        // Element (h, w, in, out) of a Keras kernel is element (out, in, h, w) here.
        Assert.Equal(((1 * 3 + 2) * 3 + 1) * 4 + 3, state["conv1.weight"][3, 1, 1, 2].item<float>());
        Assert.Equal([100f, 101, 102, 103], state["bn1.weight"].data<float>().ToArray());
        Assert.Equal([200f, 201, 202, 203], state["bn1.bias"].data<float>().ToArray());
        Assert.Equal([300f, 301, 302, 303], state["bn1.running_mean"].data<float>().ToArray());
        Assert.Equal([400f, 401, 402, 403], state["bn1.running_var"].data<float>().ToArray());
        Assert.Equal([500f, 501, 502, 503, 504, 505], state["conv2.bias"].data<float>().ToArray());
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_an_error_with_both_shapes()
    {
        using var project = new TinyProject();
        SpecSource spec = Write(project, conv1Filters: 5);
        using var module = new NetworkModule(spec.Network);

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => KerasWeights.Load(project[File], module, spec)).Diagnostic;

        Assert.Equal("MSPEC2003", diagnostic.Descriptor.Code);
        Assert.Contains("[5, 3, 3, 3] in the file, but [4, 3, 3, 3] in the network", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal((12, 11), (diagnostic.Span.Line, diagnostic.Span.Column));
    }

    [Fact]
    public void A_missing_layer_is_an_error()
    {
        using var project = new TinyProject();
        SpecSource spec = Write(project, withBatchNorm: false);
        using var module = new NetworkModule(spec.Network);

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => KerasWeights.Load(project[File], module, spec)).Diagnostic;

        Assert.Equal("MSPEC2004", diagnostic.Descriptor.Code);
        Assert.Contains("'bn1'", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_in_half_is_an_error()
    {
        using var project = new TinyProject();
        SpecSource spec = Write(project);
        byte[] whole = System.IO.File.ReadAllBytes(project[File]);
        System.IO.File.WriteAllBytes(project[File], whole[..(whole.Length / 2)]);
        using var module = new NetworkModule(spec.Network);

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => KerasWeights.Load(project[File], module, spec)).Diagnostic;

        Assert.Equal("MSPEC2002", diagnostic.Descriptor.Code);
    }

    [Fact]
    public void A_missing_file_is_an_error()
    {
        using var project = new TinyProject();

        Diagnostic diagnostic = project.TrainAndFail(project.Read(("\"none\"", "\"tiny.h5\"")));

        Assert.Equal("MSPEC2001", diagnostic.Descriptor.Code);
    }

    /// <summary>Writes a file as Keras 2 lays it out: a group per layer, with the attribute <c>weight_names</c>.</summary>
    private static SpecSource Write(TinyProject project, int conv1Filters = 4, bool withBatchNorm = true)
    {
        var file = new H5File
        {
            ["conv1"] = Layer("conv1", ("kernel:0", Count(0, 3, 3, 3, conv1Filters))),
            ["conv2"] = Layer("conv2", ("kernel:0", Count(0, 3, 3, 4, 6)), ("bias:0", Count(500, 6))),
        };
        if (withBatchNorm)
        {
            file["bn1"] = Layer(
                "bn1", ("gamma:0", Count(100, 4)), ("beta:0", Count(200, 4)), ("moving_mean:0", Count(300, 4)), ("moving_variance:0", Count(400, 4)));
        }
        file.Write(project[File]);
        return project.Read(("\"none\"", "\"tiny.h5\""));
    }

    private static H5Group Layer(string name, params (string Name, (float[] Values, ulong[] Shape) Data)[] weights)
    {
        var inner = new H5Group();
        foreach ((string weight, (float[] values, ulong[] shape)) in weights) inner[weight] = new H5Dataset(values, fileDims: shape);
        var group = new H5Group { [name] = inner };
        group.Attributes["weight_names"] = weights.Select(w => $"{name}/{w.Name}").ToArray();
        return group;
    }

    private static (float[] Values, ulong[] Shape) Count(int first, params int[] shape) =>
        ([.. Enumerable.Range(first, shape.Aggregate(1, static (a, b) => a * b)).Select(static i => (float)i)], [.. shape.Select(static s => (ulong)s)]);
}
