using FineTune;
using FineTune.Images;
using FineTune.Inference;
using FineTune.Weights;
using SkiaSharp;

namespace Runtime.Onnx.Tests;

/// <summary>What loading a model checks: that it belongs to the class, and that this machine computes what the training computed.</summary>
public sealed class LoadTests : IDisposable
{
    private const string Layers = "the layers";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_model_that_belongs_to_the_class_is_loaded_without_a_warning()
    {
        using TinyClassifier classifier = Load(Notes());

        Assert.Equal(TinyLabel.Blue, classifier.Predict(Pictures.Plain(SKColors.Blue)).Label);
    }

    [Fact]
    public void A_model_for_other_classes_is_refused()
    {
        Dictionary<string, string> notes = Notes(["red", "blue", "green"]);

        string message = Assert.Throws<InvalidDataException>(() => Load(notes)).Message;

        Assert.Contains("""classes (["red","blue","green"] in the file, ["red","green","blue"] in the class)""", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_does_not_say_what_it_means_is_refused() =>
        Assert.Contains("Train again", Assert.Throws<InvalidDataException>(() => Load([])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_a_model_is_named()
    {
        using var classifier = new TinyClassifier();
        string path = _folder.Write("wrong.onnx", [1, 2, 3]);

        Assert.StartsWith($"'{path}' cannot be read as an ONNX model", Assert.Throws<InvalidDataException>(() => classifier.Fill(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_the_form_for_pixels_is_refused()
    {
        using var classifier = new TinyClassifier();
        string path = Write(new TinyModel { Input = "pixels" });

        Assert.Contains("no input 'input', so it is not one of the form 'tensor'", Assert.Throws<InvalidDataException>(() => classifier.Fill(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_with_another_number_of_classes_is_refused()
    {
        using var classifier = new TinyClassifier();
        string path = Write(new TinyModel { Classes = 4 });

        Assert.Throws<InvalidDataException>(() => classifier.Fill(path));
    }

    [Fact]
    public void An_assembly_without_a_model_says_how_to_get_one()
    {
        using var classifier = new TinyClassifier();

        Assert.Contains("-p:TrainModel=true", Assert.Throws<InvalidOperationException>(classifier.FillFromResource).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu", "is not a device")]
    [InlineData("cuda:x", "is not a device")]
    [InlineData("cuda", "Microsoft.ML.OnnxRuntime.Gpu")]
    public void A_device_that_does_not_exist_is_an_error(string device, string message)
    {
        using var classifier = new TinyClassifier();
        string path = Write(new TinyModel());

        Assert.Contains(message, Assert.Throws<InvalidOperationException>(() => classifier.Fill(path, new() { Device = device })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_kernel_is_avoided_and_named()
    {
        KernelFault.Current = static (isPlain, values) => isPlain ? values : [.. values.Select(static value => value + 1)];
        List<string> warnings = [];

        using TinyClassifier classifier = Load(Notes(), new() { OnWarning = warnings.Add });

        Assert.Contains("ONNX Runtime's optimised form of the network gives wrong results on this machine", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Contains("ONNX Runtime 1.", warnings[0], StringComparison.Ordinal);
        Assert.Equal(1, classifier.Embed(Pictures.Plain(SKColors.Red))[0], 1e-6);
    }

    [Fact]
    public void A_wrong_kernel_that_cannot_be_avoided_is_an_error()
    {
        KernelFault.Current = static (_, values) => [.. values.Select(static _ => float.NaN)];

        Assert.Contains("computes wrong results on this machine", Assert.Throws<WrongKernelException>(() => Load(Notes())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_lower_precision_may_differ_as_much_as_its_exporter_measured_twice()
    {
        KernelFault.Current = static (_, values) => [.. values.Select(static value => value * 1.05f)];
        Dictionary<string, string> notes = Notes();

        Assert.Throws<WrongKernelException>(() => Load(notes));
        notes["finetune.golden_error"] = "0.03";
        Load(notes).Dispose();
    }

    [Fact]
    public void Without_the_self_check_nothing_is_compared()
    {
        KernelFault.Current = static (_, values) => [.. values.Select(static value => value + 1)];

        using TinyClassifier classifier = Load(Notes(), new() { SelfCheck = false });

        Assert.Equal(2, classifier.Embed(Pictures.Plain(SKColors.Red))[0], 1e-6);
    }

    public void Dispose()
    {
        KernelFault.Current = null;
        _folder.Dispose();
    }

    /// <summary>What an exporter notes: the meaning, and the logits of the check image, which are the means of its channels.</summary>
    private static Dictionary<string, string> Notes(string[]? classes = null)
    {
        var size = new ImageSize(TinyModel.Side, TinyModel.Side);
        var meaning = new WeightsMeaning(classes ?? ["red", "green", "blue"], size, new(false, 1 / 255.0, [0, 0, 0], [1, 1, 1]), Layers);
        byte[] image = CheckImage.Create(size);
        double[] means = [.. Enumerable.Range(0, 3).Select(channel => image.Where((_, i) => i % 3 == channel).Average(static value => value / 255.0))];
        return new(meaning.ToMetadata()) { [GoldenAnswers.Key] = GoldenAnswers.Format(means) };
    }

    private TinyClassifier Load(Dictionary<string, string> notes, ClassifierLoadOptions? options = null)
    {
        var classifier = new TinyClassifier(Layers);
        try
        {
            classifier.Fill(Write(new TinyModel { Metadata = notes }), options ?? new() { OnWarning = Assert.Fail });
            return classifier;
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private string Write(TinyModel model) => _folder.Write($"{Guid.NewGuid():N}.onnx", model.ToBytes());
}
