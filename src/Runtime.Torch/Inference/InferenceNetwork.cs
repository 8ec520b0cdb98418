using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// Layers optimised for inference: batch normalisation is folded into the convolution before it, activations and residual sums are part of their
/// convolution, and convolutions may run in bfloat16. It computes what the layers compute in evaluation mode, up to rounding, with
/// the weights that they had when it was made. It is safe to use from several threads.
/// </summary>
internal sealed class InferenceNetwork : IDisposable
{
    private readonly IReadOnlyList<InferenceStep> _steps;
    private readonly InferencePlan _plan;

    private InferenceNetwork(InferencePlan plan, ScalarType precision) => (_plan, _steps) = (plan, plan.Build(precision));

    /// <summary>Records what a network does to its input, and fuses it.</summary>
    /// <param name="describe">Runs the network's layers on the pass that it is given.</param>
    /// <param name="precision">
    /// What convolutions compute in: float32 or bfloat16. Pools, activations, sums, products and concatenations keep the type that comes, all else is
    /// in float32.
    /// </param>
    public static InferenceNetwork Of(ForwardPass.Description describe, ScalarType precision = ScalarType.Float32)
    {
        IReadOnlyList<ForwardStep> recorded = ForwardPass.Record(describe);
        return Fuse(recorded, recorded.Count, precision);
    }

    /// <summary>Records and fuses a classifier in two parts, so that both a prediction and the features before the head are available.</summary>
    /// <param name="describe">Runs the classifier's layers, the last of which is its <see cref="ClassifierHead"/>.</param>
    /// <returns>The backbone, and what comes after it. No layers of the two are ever fused with one another.</returns>
    internal static (InferenceNetwork Body, InferenceNetwork Head) Split(ForwardPass.Description describe)
    {
        IReadOnlyList<ForwardStep> recorded = ForwardPass.Record(describe);
        int head = 0;
        while (head < recorded.Count && recorded[head] is not ForwardStep.Run { Layer: ClassifierHead }) head++;
        int features = head < recorded.Count ? recorded[head].Operands[0] : head;
        IReadOnlyList<ForwardStep> after = [.. recorded.Skip(head).Select(step => step with { Operands = [.. step.Operands.Select(Renumber)] })];
        return (Fuse([.. recorded.Take(head)], features, ScalarType.Float32), Fuse(after, after.Count, ScalarType.Float32));

        int Renumber(int value) => value == features ? 0 : value > head ? value - head
            : throw new NotSupportedException("What comes after the backbone reads more than its output.");
    }

    /// <summary>Runs the layers, without gradients.</summary>
    /// <param name="input">float32 <c>[N, 3, H, W]</c>; fastest in channels-last order.</param>
    /// <returns>The last layer's output, in bfloat16 where the last convolution was and nothing after it needed more.</returns>
    public Tensor Forward(Tensor input)
    {
        using IDisposable noGradient = no_grad();
        return Run(input, null);
    }

    /// <summary>Compares each convolution with its exact result, and runs those that are wrong in the safe way from now on.</summary>
    /// <param name="input">The input of the first layer; right.</param>
    /// <param name="tolerance">The largest error of a convolution, as a share of its largest number.</param>
    /// <param name="wrong">Gets the convolutions that were wrong.</param>
    /// <returns>The output of the last layer.</returns>
    internal Tensor AvoidWrongKernels(Tensor input, double tolerance, List<Conv2d> wrong) => Run(input, (convolution, operands) =>
    {
        if (convolution.AvoidWrongKernel(operands[0], operands.Length > 1 ? operands[1] : null, tolerance)) wrong.Add(convolution.Layer);
    });

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (InferenceStep step in _steps) step.Convolution?.Dispose();
    }

    private static InferenceNetwork Fuse(IReadOnlyList<ForwardStep> recorded, int result, ScalarType precision) =>
        new(InferencePlan.Make(recorded, result), precision);

    /// <summary>Runs the steps. Each value has a tensor of its own, which is disposed after the last step that reads it.</summary>
    /// <param name="input">Value 0; it is not changed.</param>
    /// <param name="check">Sees each convolution and its operands before it runs.</param>
    private Tensor Run(Tensor input, Action<FusedConvolution, Tensor[]>? check)
    {
        if (_plan.Result == 0) return input.alias();
        var values = new Tensor?[_plan.Values];
        values[0] = input;
        try
        {
            foreach (InferenceStep step in _steps)
            {
                Tensor[] operands = new Tensor[step.Operands.Length];
                for (int i = 0; i < operands.Length; i++) operands[i] = values[step.Operands[i]]!;
                if (step.Convolution is { } convolution) check?.Invoke(convolution, operands);

                Tensor result = step.Compute(operands);

                // Each value has a tensor of its own, which an operand may hand on.
                foreach (int value in step.Operands)
                {
                    if (!ReferenceEquals(values[value], result)) continue;
                    if (step.LastRead.Contains(value)) values[value] = null;
                    else result = result.alias();
                }
                values[step.Output] = result;
                foreach (int value in step.LastRead)
                {
                    values[value]?.Dispose();
                    values[value] = null;
                }
            }
            Tensor last = values[_plan.Result]!;
            values[_plan.Result] = null;
            return last;
        }
        finally
        {
            foreach (Tensor? value in values.AsSpan(1)) value?.Dispose();
        }
    }
}
