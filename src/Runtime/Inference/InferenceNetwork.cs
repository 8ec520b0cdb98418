using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>
/// Layers made fast for inference: batch normalisation is folded into the convolution before it, activations are part of their
/// convolution, and convolutions may run in bfloat16. It computes what the layers compute in evaluation mode, up to rounding, with
/// the weights that they had when it was made. It is safe to use from several threads.
/// </summary>
public sealed class InferenceNetwork : IDisposable
{
    private readonly IReadOnlyList<Step> _steps;

    private InferenceNetwork(IReadOnlyList<Step> steps) => _steps = steps;

    /// <param name="Run">Runs the step.</param>
    /// <param name="Convolution">The convolution that it runs, or null.</param>
    private readonly record struct Step(Func<Tensor, Tensor> Run, FusedConvolution? Convolution = null);

    private List<FusedConvolution> Convolutions { get; } = [];

    /// <summary>Records what a network does to its input, and fuses it.</summary>
    /// <param name="describe">Runs the network's layers on the pass that it is given.</param>
    /// <param name="precision">What convolutions compute in: float32 or bfloat16. All else is in float32, but for pools and activations.</param>
    public static InferenceNetwork Of(ForwardPass.Description describe, ScalarType precision = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(describe);
        return Fuse(ForwardPass.Record(describe), precision);
    }

    /// <summary>Records and fuses a classifier in two parts, so that both a prediction and the features before the head are available.</summary>
    /// <param name="describe">Runs the classifier's layers, the last of which is its <see cref="ClassifierHead"/>.</param>
    /// <returns>The backbone, and what comes after it. No layers of the two are ever fused with one another.</returns>
    internal static (InferenceNetwork Body, InferenceNetwork Head) Split(ForwardPass.Description describe)
    {
        IReadOnlyList<ForwardStep> recorded = ForwardPass.Record(describe);
        int head = 0;
        while (head < recorded.Count && recorded[head] is not ForwardStep.Run { Layer: ClassifierHead }) head++;
        return (Fuse([.. recorded.Take(head)], ScalarType.Float32), Fuse([.. recorded.Skip(head)], ScalarType.Float32));
    }

    private static InferenceNetwork Fuse(IReadOnlyList<ForwardStep> recorded, ScalarType precision)
    {
        List<Step> steps = [];
        var network = new InferenceNetwork(steps);
        for (int i = 0; i < recorded.Count; i++)
        {
            if (recorded[i] is ForwardStep.Run { Layer: Conv2d layer } && FusedConvolution.Supports(layer))
            {
                BatchNorm2d? norm = i + 1 < recorded.Count && recorded[i + 1] is ForwardStep.Run { Layer: BatchNorm2d { training: false } next } ? next : null;
                if (norm is not null) i++;
                FusedActivation activation = i + 1 < recorded.Count ? Activation(recorded[i + 1]) : FusedActivation.None;
                if (activation != FusedActivation.None) i++;
                var convolution = new FusedConvolution(layer, norm, activation, precision);
                network.Convolutions.Add(convolution);
                steps.Add(new Step(convolution.Apply, convolution));
            }
            else
            {
                steps.Add(new Step(Plain(recorded[i])));
            }
        }
        return network;
    }

    /// <summary>Runs the layers, without gradients.</summary>
    /// <param name="input">float32 <c>[N, 3, H, W]</c>; fastest in channels-last order.</param>
    /// <returns>The last layer's output, in bfloat16 where the last convolution was and nothing behind it needed more.</returns>
    public Tensor Forward(Tensor input)
    {
        using IDisposable noGradient = no_grad();
        Tensor current = input;
        foreach (Step step in _steps)
        {
            Tensor next = step.Run(current);
            if (!ReferenceEquals(current, input) && !ReferenceEquals(current, next)) current.Dispose();
            current = next;
        }
        return ReferenceEquals(current, input) ? input.alias() : current;
    }

    /// <summary>Compares each convolution with its exact result, and runs those that are wrong in the safe way from now on.</summary>
    /// <param name="input">The input of the first layer; right.</param>
    /// <param name="tolerance">The largest error of a convolution, as a share of its largest number.</param>
    /// <param name="wrong">Gets the convolutions that were wrong.</param>
    /// <returns>The output of the last layer.</returns>
    internal Tensor AvoidWrongKernels(Tensor input, double tolerance, List<Conv2d> wrong)
    {
        Tensor current = input;
        foreach (Step step in _steps)
        {
            if (step.Convolution?.AvoidWrongKernel(current, tolerance) == true) wrong.Add(step.Convolution.Layer);
            current = step.Run(current);
        }
        return current;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (FusedConvolution convolution in Convolutions) convolution.Dispose();
    }

    private static FusedActivation Activation(ForwardStep step) => step switch
    {
        ForwardStep.Relu or ForwardStep.Run { Layer: ReLU } => FusedActivation.Relu,
        ForwardStep.Relu6 or ForwardStep.Run { Layer: ReLU6 } => FusedActivation.Relu6,
        _ => FusedActivation.None,
    };

    private static Func<Tensor, Tensor> Plain(ForwardStep step) => step switch
    {
        ForwardStep.Relu or ForwardStep.Run { Layer: ReLU } => static x => x.relu(),
        ForwardStep.Relu6 or ForwardStep.Run { Layer: ReLU6 } => static x => nn.functional.relu6(x),
        ForwardStep.Pad pad => x => nn.functional.pad(x, [pad.Left, pad.Right, pad.Top, pad.Bottom]),
        ForwardStep.Run { Layer: MaxPool2d or ZeroPad2d or Flatten } run => run.Layer.call,
        ForwardStep.Run run => x => RunInSingle(run.Layer, x),
        _ => throw new NotSupportedException(step.GetType().Name),
    };

    private static Tensor RunInSingle(nn.Module<Tensor, Tensor> layer, Tensor input)
    {
        if (input.dtype == ScalarType.Float32) return ConvolutionOrder.Call(layer, input);
        using Tensor single = input.to_type(ScalarType.Float32);
        return ConvolutionOrder.Call(layer, single);
    }
}
