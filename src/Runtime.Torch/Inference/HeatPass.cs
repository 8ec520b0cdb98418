using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// Computes which places of an image an answer comes from, layer by layer and not in the form made for inference. Networks with attention get
/// attention rollout, all others Grad-CAM.
/// </summary>
internal static class HeatPass
{
    /// <summary>Computes the heat of an image.</summary>
    /// <param name="describe">Runs the network's layers.</param>
    /// <param name="input">The prepared image, float32 <c>[1, 3, H, W]</c>.</param>
    /// <param name="label">The index of the label that is explained.</param>
    /// <param name="mirror">
    /// Whether predictions also look at the mirrored image: the heat is the mean of both then, each in its place on the image.
    /// </param>
    /// <exception cref="NotSupportedException">The network has no layer whose output has rows and columns.</exception>
    public static NetworkHeat Run(ForwardPass.Description describe, Tensor input, int label, bool mirror)
    {
        IReadOnlyList<ForwardStep> steps = WithHeadLayers(ForwardPass.Record(describe));
        using DisposeScope scope = NewDisposeScope();
        Tensor images = mirror ? cat([input, input.flip(3)]) : input;
        bool hasAttention = steps.Any(static step => step is ForwardStep.Run { Inner: SelfAttention });
        (Tensor heat, ExplanationMethod method) = hasAttention
            ? (AttentionRollout.Compute(steps, images), ExplanationMethod.AttentionRollout)
            : (GradCam.Compute(steps, images, label), ExplanationMethod.GradCam);
        Tensor mean = mirror ? (heat[0] + heat[1].flip(1)) / 2 : heat[0];
        double[] values = mean.to_type(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
        return new NetworkHeat(method, (int)mean.shape[0], (int)mean.shape[1], Normalise(values, method));
    }

    /// <summary>
    /// Brings values to [0, 1]. Grad-CAM has a meaning for 0, which stays, and the largest value becomes 1. The shares of a rollout are all above 0 and
    /// depend on the number of patches: the smallest becomes 0.
    /// </summary>
    private static float[] Normalise(double[] values, ExplanationMethod method)
    {
        double lowest = method == ExplanationMethod.AttentionRollout ? values.Min() : 0, range = values.Max() - lowest;
        return [.. values.Select(value => range > 0 ? (float)((value - lowest) / range) : 0)];
    }

    /// <summary>The steps with those of the head in place of the head.</summary>
    private static List<ForwardStep> WithHeadLayers(IReadOnlyList<ForwardStep> recorded)
    {
        List<ForwardStep> steps = [];
        int[] places = new int[recorded.Count + 1];
        for (int i = 0; i < recorded.Count; i++)
        {
            int[] operands = [.. recorded[i].Operands.Select(value => places[value])];
            if (recorded[i] is ForwardStep.Run { Layer: ClassifierHead head })
            {
                int input = operands[0], before = steps.Count;
                IReadOnlyList<ForwardStep> layers = head.Steps();
                foreach (ForwardStep step in layers) steps.Add(step with { Operands = [.. step.Operands.Select(value => value == 0 ? input : value + before)] });
                places[i + 1] = layers.Count == 0 ? input : steps.Count;
            }
            else
            {
                steps.Add(recorded[i] with { Operands = operands });
                places[i + 1] = steps.Count;
            }
        }
        return steps;
    }
}
