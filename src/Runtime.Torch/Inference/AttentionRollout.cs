using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// Attention rollout (Abnar and Zuidema 2020): the attention of each layer, averaged over its heads, is mixed half and half with the identity for the
/// connection around it, and the layers are multiplied. The row of the class token says which patches it got its content from.
/// </summary>
internal static class AttentionRollout
{
    /// <summary>Computes the heat of images.</summary>
    /// <param name="steps">The network, from images to logits.</param>
    /// <param name="images">float32 <c>[N, 3, H, W]</c>.</param>
    /// <returns>
    /// The shares of the patches <c>[N, h, w]</c>, in float64: those of the first token if the network goes on with it, and their mean over all
    /// tokens otherwise.
    /// </returns>
    /// <exception cref="NotSupportedException">The attention is not between the patches of an image.</exception>
    public static Tensor Compute(IReadOnlyList<ForwardStep> steps, Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        int last = steps.Count - 1;
        while (steps[last] is not ForwardStep.Run { Inner: SelfAttention }) last--;
        var values = new StepValues(steps, images);
        Tensor? rollout = null;
        (long Height, long Width) grid = default;
        for (int step = 0; step <= last; step++)
        {
            if (steps[step] is ForwardStep.Run { Inner: var layer })
            {
                Tensor operand = values[steps[step].Operands[0]];
                if (layer is Tokens) grid = (operand.shape[2], operand.shape[3]);
                if (layer is SelfAttention attention) rollout = Next(rollout, attention.Weights(operand).mean([1]).to_type(ScalarType.Float64));
            }
            if (step == last) break;
            values.Run(step);
            values.Free(1, step + 1, step);
        }
        (long n, long tokens, long patches) = (rollout!.shape[0], rollout.shape[2], grid.Height * grid.Width);
        if (patches == 0 || tokens < patches) throw new NotSupportedException("The network's attention is not between the patches of an image.");
        bool takesFirst = steps.Skip(last).Any(static step => step is ForwardStep.Run { Inner: FirstToken });
        Tensor shares = takesFirst ? rollout.select(1, 0) : rollout.mean([1]);
        // Learnt tokens stand before the patches.
        return shares.narrow(1, tokens - patches, patches).reshape(n, grid.Height, grid.Width).MoveToOuterDisposeScope();
    }

    private static Tensor Next(Tensor? rollout, Tensor attention)
    {
        Tensor mixed = 0.5 * attention + 0.5 * eye(attention.shape[1], dtype: ScalarType.Float64, device: attention.device);
        return rollout is null ? mixed : mixed.matmul(rollout);
    }
}
