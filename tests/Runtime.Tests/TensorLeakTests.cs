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
        classifier.Predict(picture);
        // Tensors that earlier tests left to the finalizer are not counted.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = torch.Tensor.TotalCount;

        for (int i = 0; i < 1000; i++) classifier.Predict(picture);

        Assert.Equal(before, torch.Tensor.TotalCount);
    }
}
