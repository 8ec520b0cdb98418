using FineTune;
using FineTune.Inference;
using FineTune.Weights;
using SkiaSharp;
using static TorchSharp.torch;

namespace Runtime.Tests;

/// <summary>Checks when weights are loaded: that they belong to the class, and that this machine computes the same results as the training.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public LoadTests()
    {
        _path = Path.Combine(_folder.Path, "headed.safetensors");
        using var trained = new HeadedClassifier();
        trained.Save(_path);
    }

    [Fact]
    public void Weights_that_belong_to_the_class_are_loaded_without_a_warning()
    {
        using var classifier = new HeadedClassifier();

        classifier.LoadFrom(_path, new ClassifierLoadOptions { OnWarning = Assert.Fail });

        Assert.Equal(TinyLabel.Blue, classifier.Predict(Pictures.Plain(SKColors.Red)).Label);
    }

    [Fact]
    public void Weights_of_classes_in_another_order_are_refused()
    {
        using var classifier = new HeadedClassifier("Red", "Blue", "Green");

        string message = Assert.Throws<InvalidDataException>(() => classifier.LoadFrom(_path)).Message;

        Assert.Contains("""classes (["Red","Green","Blue"] in the file, ["Red","Blue","Green"] in the class)""", message, StringComparison.Ordinal);
        Assert.DoesNotContain("preprocessing", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_say_what_its_numbers_mean_is_refused()
    {
        using var classifier = new HeadedClassifier();
        classifier.Save(_path, withMeaning: false);

        Assert.Contains("Train again", Assert.Throws<InvalidDataException>(() => classifier.LoadFrom(_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_part_of_the_meaning_counts()
    {
        WeightsMeaning meaning = new HeadedClassifier().Meaning!;
        IReadOnlyDictionary<string, string> metadata = meaning.ToMetadata();

        Assert.Null(meaning.FindDifference(metadata));
        Assert.StartsWith("It was trained for something else: input (8 x 8 in the file, 8 x 9 in the class).", (meaning with { Input = new(8, 9) }).FindDifference(metadata), StringComparison.Ordinal);
        Assert.Contains("preprocessing (RGB", (meaning with { Pixels = meaning.Pixels with { Bgr = true } }).FindDifference(metadata), StringComparison.Ordinal);
        Assert.Contains("resize (nothing in the file, shorter side 9, bicubic in the class)", (meaning with { Resize = new(9, true) }).FindDifference(metadata), StringComparison.Ordinal);
        Assert.Contains("resize (shorter side 9, bicubic in the file, nothing in the class)", meaning.FindDifference((meaning with { Resize = new(9, true) }).ToMetadata()), StringComparison.Ordinal);
        Assert.Contains("layers (the layers in", (meaning with { Layers = "others" }).FindDifference(metadata), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_resizing_of_its_own_a_meaning_has_the_digest_that_it_always_had()
    {
        WeightsMeaning meaning = new(["a", "b"], new(8, 8), new(false, 1, [0, 0, 0], [1, 1, 1]), "the layers");

        // sha256sum of classes=…, input=…, preprocessing=… and layers=…, one per line.
        Assert.Equal("b3b4c6dcdc9e2598fd73be16a1ec8925a8d8f182523ad6410644853e5eb15396", meaning.Digest);
        Assert.DoesNotContain("finetune.resize", meaning.ToMetadata().Keys);
    }

    [Fact]
    public void A_wrong_kernel_is_found_avoided_and_named()
    {
        KernelFault.Current = static (_, isSafe, result) => isSafe ? result : result.add(1);
        using var classifier = new HeadedClassifier();
        List<string> warnings = [];

        classifier.LoadFrom(_path, new ClassifierLoadOptions { OnWarning = warnings.Add });

        Assert.Contains("'features.0' gives wrong results on this machine", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Contains("libtorch", warnings[0], StringComparison.Ordinal);
        Assert.Equal([0.5f, 0.25f, 0f], classifier.Embed(Pictures.Plain(SKColors.Red)).Select(static x => MathF.Round(x, 6)));
        // Also if the fast form of the network is created again.
        classifier.eval();
        Assert.Equal([0.5f, 0.25f, 0f], classifier.Embed(Pictures.Plain(SKColors.Red)).Select(static x => MathF.Round(x, 6)));
    }

    [Fact]
    public void A_wrong_kernel_that_cannot_be_avoided_is_an_error()
    {
        KernelFault.Current = static (_, _, result) => result.add(1);
        using var classifier = new HeadedClassifier();

        Assert.Contains("wrong results on this machine, even with the safe implementation", Assert.Throws<WrongKernelException>(() => classifier.LoadFrom(_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_found()
    {
        KernelFault.Current = static (_, isSafe, result) => isSafe ? result : result.mul(double.NaN);
        using var classifier = new HeadedClassifier();
        List<string> warnings = [];

        classifier.LoadFrom(_path, new ClassifierLoadOptions { OnWarning = warnings.Add });

        Assert.Single(warnings);
    }

    [Fact]
    public void Without_the_self_check_nothing_is_compared()
    {
        KernelFault.Current = static (_, _, result) => result.add(1);
        using var classifier = new HeadedClassifier();

        classifier.LoadFrom(_path, new ClassifierLoadOptions { SelfCheck = false });

        Assert.NotEqual([0.5f, 0.25f, 0f], classifier.Embed(Pictures.Plain(SKColors.Red)).Select(static x => MathF.Round(x, 6)));
    }

    [Fact]
    public void A_device_that_does_not_exist_is_an_error()
    {
        Assert.SkipWhen(cuda.is_available(), "this machine has CUDA devices");
        using var classifier = new HeadedClassifier();

        Assert.Contains("'cuda:7' does not exist", Assert.Throws<InvalidOperationException>(
            () => classifier.LoadFrom(_path, new ClassifierLoadOptions { Device = "cuda:7" })).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        KernelFault.Current = null;
        _folder.Dispose();
    }
}
