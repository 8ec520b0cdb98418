using System.Globalization;
using FineTune.Parity;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Commands;
using FineTune.Training.Exporters.Onnx;
using FineTune.Training.Exporters.Onnx.Format;
using FineTune.Training.Modules;
using ModelSpec.Locks;
using TorchSharp;
using static TorchSharp.torch;
using DataType = FineTune.Training.Exporters.Onnx.Format.TensorProto.Types.DataType;

namespace Training.Tests.Exporters.Onnx;

/// <summary>ONNX files in half precision and in integers.</summary>
public class OnnxPrecisionTests
{
    private static readonly string[] OfFloats = ["Conv", "FusedConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul"];

    static OnnxPrecisionTests() => FineTune.Native.NativeLibraries.Load();

    [Theory]
    [InlineData("fp16", "tensor", 0.5)]
    [InlineData("fp16", "pixels", 0.5)]
    [InlineData("int8", "tensor", 0.25)]
    [InlineData("int8", "pixels", 0.25)]
    public void A_training_writes_a_smaller_file_with_the_same_answers_and_what_was_measured(string precision, string form, double share)
    {
        using var project = new TinyProject();
        // Enough weights that everything else in the file does not count.
        (string, string) wide = ("\"linear(8)\", \"relu\"", "\"linear(512)\", \"relu\", \"linear(512)\", \"relu\"");
        SpecSource spec = project.Read(wide, Export($"precision = \"{precision}\"\nform = \"{form}\""));
        var log = new RecordingLog();

        project.Train(spec, log);

        string name = $"tiny{(form == "pixels" ? ".pixels" : "")}.{precision}.onnx";
        using var run = new OnnxRun(File.ReadAllBytes(project[name]));
        Dictionary<string, string> metadata = run.Session.ModelMetadata.CustomMetadataMap;
        Assert.Equal(precision, metadata["finetune.precision"]);
        Assert.Equal("1", metadata["finetune.accuracy"]);
        Assert.Equal("1", metadata["finetune.accuracy_fp32"]);
        Assert.Equal("8", metadata["finetune.accuracy_images"]);
        Assert.InRange(double.Parse(metadata["finetune.golden_error"], CultureInfo.InvariantCulture), 0, 0.2);
        Assert.InRange(new FileInfo(project[name]).Length, share * new FileInfo(project.Output).Length, (share + 0.05) * new FileInfo(project.Output).Length + 12_000);
        Assert.Contains(log.Lines, line => line.Contains($"{precision} answers 8 of 8 test images correctly (100.00%), fp32 8 (100.00%)", StringComparison.Ordinal));

        TrainingLock known = TrainingLock.Read(File.ReadAllText(project.Lock), project.Lock).Value!;
        Assert.Equal($"[\"{name}\"]", known.Find("export", 1, "files"));
        Assert.Equal("1", known.Find("export", 1, "accuracy"));
        Assert.Equal("1", known.Find("export", 1, "accuracy_fp32"));
        Assert.DoesNotContain(known.Inputs, static fact => fact.Table == "export");

        // Nothing to do is nothing to write, and the measured figures are those of the cache.
        string text = File.ReadAllText(project.Lock);
        File.Delete(project[name]);
        project.BringUpToDate(spec, log);
        Assert.True(File.Exists(project[name]));
        Assert.Equal(text, File.ReadAllText(project.Lock));
        Assert.Equal(0, new VerifyCommand().Parse([project["tiny.modelspec"], "--backbone", project["tiny.backbone"], "--cache", project.Cache]).Invoke());

        project.BringUpToDate(project.Read(wide), log);
        Assert.DoesNotContain("[[export]]", File.ReadAllText(project.Lock), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vgg16")]
    [InlineData("resnet18")]
    [InlineData("mobilenet_v1")]
    [InlineData("mobilenet_v2")]
    [InlineData("efficientnet_lite0")]
    [InlineData("efficientnet_b0")]
    [InlineData("densenet121")]
    [InlineData("inception_v3")]
    public void ONNX_Runtime_computes_convolutions_and_what_is_between_them_with_integers(string backbone)
    {
        using NetworkModule module = Module(backbone);
        var export = new PrecisionExport(module, 12);

        byte[] file = export.Run("int8");

        ModelProto model = ModelProto.Parser.ParseFrom(file);
        IReadOnlyList<NodeProto> nodes = PrecisionExport.Optimize(file);
        Tell(backbone, nodes, export);
        int integers = model.Graph.Node.Count(static node => node.OpType == "Conv" && node.Input[1].EndsWith("/dequantized", StringComparison.Ordinal));
        Assert.InRange(integers, 5, int.MaxValue);
        Assert.Equal(integers, nodes.Count(static node => node.OpType == "QLinearConv"));
        foreach ((string type, string integer) in (ReadOnlySpan<(string, string)>)[("Add", "QLinearAdd"), ("Mul", "QLinearMul"), ("Concat", "QLinearConcat"), ("Sigmoid", "QLinearSigmoid")])
        {
            Assert.Equal(model.Graph.Node.Count(node => node.OpType == type && node.Output[0].EndsWith("/float", StringComparison.Ordinal)), nodes.Count(node => node.OpType == integer));
        }
        Assert.Equal(model.Graph.Node.Count(static node => node.OpType == "MaxPool"), nodes.Count(static node => node.OpType == "NhwcMaxPool"));
    }

    [Fact]
    public void A_head_of_several_layers_is_computed_with_integers_up_to_the_logits()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("\"linear(8)\", \"relu\"", "\"linear(64)\", \"relu\", \"linear(48)\", \"relu\""));
        using var module = new NetworkModule(spec.Network);
        OnnxRun.Fill(module);

        IReadOnlyList<NodeProto> nodes = PrecisionExport.Optimize(new PrecisionExport(module, 8).Run("int8"));

        Assert.Equal(2, nodes.Count(static node => node.OpType == "QGemm"));
        Assert.Single(nodes, static node => OfFloats.Contains(node.OpType));
    }

    [Theory]
    [InlineData("vit_b_32")]
    [InlineData("convnext_tiny")]
    public void Matrix_products_of_transformers_multiply_integers_and_everything_else_of_them_stays(string backbone)
    {
        using NetworkModule module = Module(backbone);
        var export = new PrecisionExport(module, 4);

        byte[] file = export.Run("int8");

        IReadOnlyList<NodeProto> nodes = PrecisionExport.Optimize(file);
        Tell(backbone, nodes, export);
        Assert.InRange(nodes.Count(static node => node.OpType is "MatMulIntegerToFloat" or "DynamicQuantizeMatMul"), 20, int.MaxValue);
        Assert.InRange(file.Length, 0, 0.3 * OnnxRun.Export(module).Length);
    }

    [Theory]
    [InlineData("fp16", 0.01)]
    [InlineData("int8", 0.25)]
    public void Logits_are_near_those_of_float32(string precision, double most)
    {
        using NetworkModule module = Module("resnet18");
        var export = new PrecisionExport(module, 12);
        using var lower = new OnnxRun(export.Run(precision));
        using var single = new OnnxRun(OnnxRun.Export(module));
        using DisposeScope scope = NewDisposeScope();
        Tensor input = FineTune.Training.PixelTransforms.Of(module.Network).Apply(randint(0, 256, [4, module.Network.InputHeight, module.Network.InputWidth, 3], ScalarType.Byte));

        OnnxAnswers expected = single.Run(input), actual = lower.Run(input);

        Assert.InRange(expected.Logits.Zip(actual.Logits, static (a, b) => Math.Abs(a - b)).Max() / expected.Logits.Max(Math.Abs), 0, most);
        Assert.NotEqual(expected.Logits, actual.Logits);
    }

    [Theory]
    [InlineData("fp16")]
    [InlineData("int8")]
    public void The_same_weights_and_images_give_the_same_bytes(string precision)
    {
        using NetworkModule module = Module("mobilenet_v2");
        var first = new PrecisionExport(module, 12);
        byte[] file = first.Run(precision);
        first.Figures.Clear();

        Assert.Equal(file, first.Run(precision));
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("efficientnet_b0")]
    public void ONNX_Runtime_loads_the_file_when_it_is_asked_to_avoid_saturation(string backbone)
    {
        using NetworkModule module = Module(backbone);
        byte[] file = new PrecisionExport(module, 4).Run("int8");
        using var precise = new OnnxRun(file, "session.x64quantprecision");
        Tensor input = CounterHash.Fill(3, 1, 2, 3, module.Network.InputHeight, module.Network.InputWidth);

        Assert.All(precise.Run(input).Logits, static logit => Assert.True(float.IsFinite(logit)));
    }

    [Fact]
    public void Half_precision_is_made_float32_when_the_file_is_loaded_and_not_in_each_pass()
    {
        using NetworkModule module = Module("resnet18");

        byte[] file = new PrecisionExport(module, 4).Run("fp16");

        ModelProto model = ModelProto.Parser.ParseFrom(file);
        Assert.Contains(model.Graph.Initializer, static tensor => tensor.DataType == (int)DataType.Float16);
        Assert.DoesNotContain(PrecisionExport.Optimize(file), static node => node.OpType == "Cast");
        Assert.InRange(file.Length, 0, 0.52 * OnnxRun.Export(module).Length);
    }

    [Fact]
    public void Numbers_that_half_precision_does_not_have_stay_as_they_are()
    {
        using NetworkModule module = Module("resnet18");
        using (no_grad()) module.Weights().First(static weight => weight.Value.dim() == 4).Value.flatten()[0].fill_(1e5);

        var model = ModelProto.Parser.ParseFrom(new PrecisionExport(module, 4).Run("fp16"));

        Assert.Contains(model.Graph.Initializer, static tensor => tensor.DataType == (int)DataType.Float && tensor.Dims.Count == 4);
    }

    [Fact]
    public void A_drop_beyond_max_drop_is_an_error_that_says_by_how_much_and_nothing_is_written()
    {
        using var project = new TinyProject();
        random.manual_seed(5);
        using var module = new NetworkModule(project.Read().Network);
        OnnxRun.Fill(module);
        Spoil(module);
        var export = new PrecisionExport(module, 40);

        PipelineException e = Assert.Throws<PipelineException>(() => export.Run("int8", maxDrop: 0.1));

        Assert.Equal("MSPEC3068", e.Code);
        Assert.Null(e.Key);
        Assert.Contains("With precision = \"int8\", ", e.Message, StringComparison.Ordinal);
        Assert.Contains(" of the 40 test images are answered correctly, 40 with fp32: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("max_drop = 0.1 allows 10.", e.Message, StringComparison.Ordinal);
        Assert.False(export.IsCreated);

        Assert.NotEmpty(new PrecisionExport(module, 40).Run("int8", maxDrop: 1));
    }

    [Theory]
    [InlineData(199, 0.005, true)]
    [InlineData(198, 0.005, false)]
    [InlineData(200, 0, true)]
    [InlineData(199, 0, false)]
    [InlineData(200, 0.005, true)]
    public void A_drop_of_exactly_max_drop_is_allowed(int correct, double maxDrop, bool isAllowed)
    {
        var figures = new PrecisionFigures(200, correct, 200, null);
        OnnxOptions options = OnnxRun.OptionsOf("tensor", "int8", maxDrop);

        if (isAllowed) figures.Require(options);
        else Assert.Equal("MSPEC3068", Assert.Throws<PipelineException>(() => figures.Require(options)).Code);
    }

    [Fact]
    public void Without_images_of_a_part_nothing_can_be_measured()
    {
        using NetworkModule module = Module("resnet18");

        PipelineException e = Assert.Throws<PipelineException>(() => new PrecisionExport(module, 4) { IsEmpty = true }.Run("int8"));

        Assert.Equal("MSPEC3080", e.Code);
        Assert.Contains("training part", e.Message, StringComparison.Ordinal);
    }

    private static (string Old, string New) Export(string keys) => (
        "[[stage]]\nname = \"warm-up\"", $"[[export]]\nformat = \"onnx\"\n{keys}\n\n[[stage]]\nname = \"warm-up\"");

    private static NetworkModule Module(string backbone)
    {
        random.manual_seed(5);
        var module = new NetworkModule(OnnxNetworkTests.Smallest(backbone));
        OnnxRun.Fill(module);
        return module;
    }

    /// <summary>Makes one channel of the first layer so large that all others are less than one step, and takes no notice of it later.</summary>
    private static void Spoil(NetworkModule module)
    {
        using IDisposable noGradient = no_grad();
        Dictionary<string, Tensor> weights = module.Weights().ToDictionary(static weight => weight.Key, static weight => weight.Value);
        weights.First(static weight => weight.Key.StartsWith("bn1", StringComparison.Ordinal) && weight.Key.EndsWith("weight", StringComparison.Ordinal)).Value[0].fill_(1e7);
        weights.First(static weight => weight.Key.StartsWith("conv2", StringComparison.Ordinal) && weight.Key.EndsWith("weight", StringComparison.Ordinal)).Value[TensorIndex.Colon, 0].zero_();
    }

    private static void Tell(string backbone, IReadOnlyList<NodeProto> nodes, PrecisionExport export) => TestContext.Current.TestOutputHelper?.WriteLine(
        $"{backbone}: {string.Join(", ", nodes.GroupBy(static node => node.OpType).OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group => $"{group.Key} {group.Count()}"))}; {string.Join(' ', export.Lines)}");
}
