using System.Text.Json;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Pipeline;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Exporters.Onnx;
using FineTune.Training.Exporters.Onnx.Format;
using FineTune.Training.Modules;
using FineTune.Training.Weights;
using Google.Protobuf;
using ModelSpec.Diagnostics;
using ModelSpec.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Training.Tests.Exporters.Onnx;

public class OnnxExporterTests
{
    static OnnxExporterTests() => FineTune.Native.NativeLibraries.Load();

    [Fact]
    public void A_training_writes_both_forms_with_everything_that_the_weights_say()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(Export("form = \"tensor\"", "form = \"pixels\""));

        project.Train(spec);

        string text = File.ReadAllText(project.Lock);
        foreach ((string form, string name) in (ReadOnlySpan<(string, string)>)[("tensor", "tiny.onnx"), ("pixels", "tiny.pixels.onnx")])
        {
            using var run = new OnnxRun(File.ReadAllBytes(project[name]));
            Dictionary<string, string> metadata = run.Session.ModelMetadata.CustomMetadataMap;
            Assert.Equal(["red sky", "green sea"], JsonSerializer.Deserialize<string[]>(metadata["names"])!);
            Assert.Equal(form, metadata["finetune.form"]);
            Assert.Equal("fp32", metadata["finetune.precision"]);
            Assert.Equal(WeightsMeanings.Of(spec.Network).Digest, metadata["finetune.meaning"]);
            Assert.Contains($"weights = \"{metadata["finetune.weights"]}\"", text, StringComparison.Ordinal);
            Assert.Contains($"fingerprint = \"{metadata["finetune.fingerprint"]}\"", text, StringComparison.Ordinal);
            Assert.Contains("test_accuracy", metadata.Keys);
            Assert.DoesNotContain("format", metadata.Keys);
            Assert.Equal(form == "pixels" ? "NominalRange_0_255" : "Normalized_0_1", metadata["Image.NominalPixelRange"]);
            Assert.Equal("Rgb8", metadata["Image.BitmapPixelFormat"]);
            Assert.Equal(["probabilities", "logits", "features"], run.Session.OutputNames);
        }
    }

    [Fact]
    public void The_golden_answers_and_the_answers_to_pictures_are_those_of_the_trained_network()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(Export("form = \"tensor\"", "form = \"pixels\""));
        project.Train(spec);
        using DisposeScope scope = NewDisposeScope();
        using var tensors = new OnnxRun(File.ReadAllBytes(project["tiny.onnx"]));
        using var pixels = new OnnxRun(File.ReadAllBytes(project["tiny.pixels.onnx"]));
        double[] golden = GoldenAnswers.Parse(tensors.Session.ModelMetadata.CustomMetadataMap[GoldenAnswers.Key], 2);
        byte[] check = CheckImage.Create(TinyProject.Size);

        foreach (OnnxAnswers answers in (OnnxAnswers[])
                 [tensors.Run(PixelTransforms.Of(spec.Network).Apply(tensor(check, [1, 16, 16, 3], ScalarType.Byte))), pixels.Run(check, 1, 16, 16, 3)])
        {
            for (int i = 0; i < golden.Length; i++) Assert.Equal(golden[i], answers.Logits[i], 1e-4 * golden.Max(Math.Abs));
            Assert.Equal(1, answers.Probabilities.Sum(), 1e-5f);
            Assert.Equal(6, answers.Features.Length);
        }

        // Two images of one size, not that of the input, at once.
        byte[] picture = OnnxPixelTests.Picture(41, 30), other = [.. picture.Reverse()];
        OnnxAnswers both = pixels.Run([.. picture, .. other], 2, 41, 30, 3);
        using var module = new NetworkModule(spec.Network);
        TrainedWeights.Load(project.Output, module, spec);
        module.eval();
        for (int i = 0; i < 2; i++)
        {
            Tensor image = zeros([1, 16, 16, 3], ScalarType.Byte);
            ImageDecoder.Decode(OnnxPixelTests.Png(i == 0 ? picture : other, 41, 30), TinyProject.Size, image.bytes);
            float[] logits = module.call(PixelTransforms.Of(spec.Network).Apply(image)).data<float>().ToArray();
            for (int c = 0; c < 2; c++) Assert.Equal(logits[c], both.Logits[2 * i + c], 0.02f * logits.Max(Math.Abs));
        }
    }

    [Fact]
    public void The_mean_of_both_looks_is_the_answer_of_a_network_that_also_looks_at_the_mirrored_image()
    {
        Network network = OnnxNetworkTests.Smallest("mobilenet_v2", "\n[predict]\nmirror = true");
        Assert.True(network.Mirror);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        random.manual_seed(3);
        using var module = new NetworkModule(network);
        module.eval();
        OnnxRun.Fill(module);
        using var run = new OnnxRun(OnnxRun.Export(module));
        Tensor input = randn(3, 3, network.InputHeight, network.InputWidth);
        Tensor wanted = nn.functional.softmax(module.call(input), 1).add(nn.functional.softmax(module.call(input.flip(-1)), 1)).div(2);

        OnnxAnswers answers = run.Run(input);

        float[] probabilities = wanted.data<float>().ToArray();
        Assert.Equal(probabilities.Length, answers.Probabilities.Length);
        for (int i = 0; i < probabilities.Length; i++) Assert.Equal(probabilities[i], answers.Probabilities[i], 1e-5f);
        // Logits and features are those of the images as they are.
        OnnxRun.Compare(module, run, 2);
    }

    [Theory]
    [InlineData("tensor")]
    [InlineData("pixels")]
    public void The_same_weights_give_the_same_bytes(string form)
    {
        using var module = new NetworkModule(OnnxNetworkTests.Smallest("efficientnet_b0"));
        OnnxRun.Fill(module);

        ModelProto model = OnnxRun.Translate(module, form);

        Assert.Equal(model.ToByteArray(), OnnxRun.Export(module, form));
        Assert.Equal(8, model.IrVersion);
        Assert.Equal(18, Assert.Single(model.OpsetImport).Version);
        Assert.DoesNotContain(model.Graph.Node, static node => node.OpType == "BatchNormalization");
        string[] names = [.. model.Graph.Node.SelectMany(static node => node.Output), .. model.Graph.Initializer.Select(static tensor => tensor.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(model.MetadataProps.Select(static entry => entry.Key).Order(StringComparer.Ordinal), model.MetadataProps.Select(static entry => entry.Key));
    }

    [Fact]
    public void Batch_normalisations_zeros_and_layer_scales_are_part_of_other_layers_where_nothing_else_reads_between()
    {
        foreach (string backbone in (string[])["resnet18", "mobilenet_v1", "efficientnet_lite0", "convnext_tiny", "inception_v3"])
        {
            using var module = new NetworkModule(OnnxNetworkTests.Smallest(backbone));

            ModelProto model = OnnxRun.Translate(module);

            Assert.DoesNotContain(model.Graph.Node, static node => node.OpType is "BatchNormalization" or "Pad");
            Assert.DoesNotContain(model.Graph.Initializer, static tensor => tensor.Name.EndsWith("running_mean", StringComparison.Ordinal) || tensor.Name.Contains("layer_scale", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("form = \"pixel\"", "'pixel' is not a form of the exporter 'onnx'. Did you mean 'pixels'? Known are: tensor, pixels.")]
    [InlineData("precision = \"fp64\"", "'fp64' is not a precision of the exporter 'onnx'.")]
    public void A_form_or_precision_that_does_not_exist_is_an_error_at_its_place(string key, string message)
    {
        using var project = new TinyProject();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.Train(project.Read(Export(key)))).Diagnostic;

        Assert.Equal("MSPEC3067", diagnostic.Descriptor.Code);
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
        Assert.True(diagnostic.Span.Column > 5, "not at the value");
    }

    [Fact]
    public void Weights_that_an_ONNX_file_cannot_hold_are_refused()
    {
        var graph = new OnnxGraph("large", limit: 100);
        graph.Constant("first", new float[20], 20);

        PipelineException e = Assert.Throws<PipelineException>(() => graph.Constant("second", new float[6], 6));

        Assert.Equal("MSPEC3064", e.Code);
    }

    [Fact]
    public void Layers_may_have_the_names_of_inputs_and_outputs()
    {
        using var project = new TinyProject();
        project.Write("tiny.backbone", TinyProject.Backbone.Replace("\"conv2\"", "\"logits\"", StringComparison.Ordinal).Replace("\"conv1\"", "\"features\"", StringComparison.Ordinal)
            .Replace("\"bn1\"", "\"probabilities\"", StringComparison.Ordinal).Replace("\"input\", type", "\"pixels\", type", StringComparison.Ordinal));
        project.Write("tiny.modelspec", TinyProject.Spec);
        (SpecSource? spec, IReadOnlyList<Diagnostic> diagnostics) = SpecSource.Read(project["tiny.modelspec"], [project["tiny.backbone"]]);
        Assert.Empty(diagnostics);
        using var module = new NetworkModule(spec!.Network);
        module.eval();
        OnnxRun.Fill(module);
        using var run = new OnnxRun(OnnxRun.Export(module));

        OnnxRun.Compare(module, run, 2);
    }

    private static (string Old, string New) Export(params string[] keys) => (
        "[[stage]]\nname = \"warm-up\"",
        string.Concat(keys.Select(static key => $"[[export]]\nformat = \"onnx\"\n{key}\n\n")) + "[[stage]]\nname = \"warm-up\"");
}
