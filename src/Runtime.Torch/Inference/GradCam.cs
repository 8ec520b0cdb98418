using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// Grad-CAM (Selvaraju et al. 2017): each channel of the last feature map is weighted with the mean of the gradient of a label's logit, and what is
/// positive of the sum is the heat. The feature map is the last value with rows and columns that no pooling has made: what follows
/// it is pooled, flattened, or both.
/// </summary>
internal static class GradCam
{
    /// <summary>Computes the heat of images.</summary>
    /// <param name="steps">The network, from images to logits.</param>
    /// <param name="images">float32 <c>[N, 3, H, W]</c>.</param>
    /// <param name="label">The index of the logit.</param>
    /// <returns>ReLU(Σₖ αₖ Aₖ), <c>[N, h, w]</c>, at the resolution of the feature map.</returns>
    /// <exception cref="NotSupportedException">No step makes a feature map.</exception>
    public static Tensor Compute(IReadOnlyList<ForwardStep> steps, Tensor images, int label)
    {
        var values = new StepValues(steps, images);
        int map = RunWithoutGradients(steps, values);
        using IDisposable gradients = enable_grad();
        Tensor features = values[map].detach().requires_grad_(true);
        values[map] = features;
        for (int step = map; step < steps.Count; step++) values.Run(step);
        // The images do not depend on one another, so the sum has the gradients of each.
        Tensor score = values[steps.Count].select(1, label).sum();
        // Not backward(): it would add to the gradients that the parameters keep, for all threads.
        Tensor gradient = autograd.grad([score], [features])[0];
        using IDisposable noGradient = no_grad();
        return gradient.mean([2, 3], keepdim: true).mul(features).sum(1).relu();
    }

    /// <summary>Runs all steps, and keeps what those after the last feature map need.</summary>
    /// <returns>The feature map's value.</returns>
    private static int RunWithoutGradients(IReadOnlyList<ForwardStep> steps, StepValues values)
    {
        using IDisposable noGradient = no_grad();
        int map = 0;
        for (int step = 0; step < steps.Count; step++)
        {
            Tensor result = values.Run(step);
            int before = map;
            if (IsFeatureMap(steps[step], result)) map = step + 1;
            // Steps after the map run once more, so what they read and what is not their own stays.
            values.Free(map > before ? 1 : map + 1, map > before ? map : step + 1, step);
        }
        return map > 0 ? map : throw new NotSupportedException("The network has no layer whose output has rows and columns, so no place of an image can be told from another.");
    }

    private static bool IsFeatureMap(ForwardStep step, Tensor result) =>
        result.dim() == 4 && result.shape[2] * result.shape[3] > 1
        && step is not ForwardStep.Run { Inner: MaxPool2d or AvgPool2d or GlobalPool2d or Dropout or Dropout2d or StochasticDepth };
}
