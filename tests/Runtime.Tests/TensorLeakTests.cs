using FineTune.Inference;
using SkiaSharp;
using TorchSharp;

namespace Runtime.Tests;

/// <summary>Counts live tensors of the whole process, so no other test runs at the same time.</summary>
[CollectionDefinition(nameof(TensorLeakTests), DisableParallelization = true)]
[Collection(nameof(TensorLeakTests))]
public class TensorLeakTests
{
    [Fact]
    public void A_thousand_predictions_leave_no_tensor_behind()
    {
        byte[] picture = Pictures.Plain(SKColors.Red);
        using var classifier = new TinyClassifier();

        AssertLeavesNothing(1000, () => classifier.Predict(picture));
    }

    [Fact]
    public void Explanations_leave_no_tensor_and_no_gradient_behind()
    {
        byte[] picture = Pictures.Plain(SKColors.Red);
        using var classifier = new TinyClassifier();

        AssertLeavesNothing(200, () => classifier.Explain(picture, TinyLabel.Blue));

        Assert.All(classifier.parameters(), static parameter => Assert.Null(parameter.grad));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Explanations_of_a_transformer_leave_no_tensor_behind(bool mirror)
    {
        using var network = new ExplanationTests.SmallTransformer();
        using torch.Tensor image = torch.ones(1, 3, 4, 6);

        AssertLeavesNothing(200, () => HeatPass.Run(network.Steps, image, 0, mirror));
    }

    private static void AssertLeavesNothing(int times, Action action)
    {
        action();
        // Tensors that earlier tests left to the finalizer are not counted.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = torch.Tensor.TotalCount;

        for (int i = 0; i < times; i++) action();

        Assert.Equal(before, torch.Tensor.TotalCount);
    }
}
