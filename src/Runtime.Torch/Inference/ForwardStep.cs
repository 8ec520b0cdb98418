using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>One step of a <see cref="ForwardPass"/>.</summary>
/// <param name="Operands">The values that it reads: 0 is the input, n the result of the nth step.</param>
internal abstract record ForwardStep(int[] Operands)
{
    /// <summary>The position of no operand.</summary>
    public const int Nothing = -1;

    /// <summary>The function of each number that the step computes and nothing else, whether it is a layer or not.</summary>
    public virtual ActivationFunction Function => ActivationFunction.None;

    /// <summary>
    /// Whether the result has memory of its own, so that a step after it may write to it without changing another value. Layers that are not known
    /// may return their operand, or a view of it.
    /// </summary>
    public virtual bool MakesMemory => true;

    /// <summary>Whether autograd computes gradients without the numbers of the result, so that a step after it may overwrite them.</summary>
    public virtual bool ForgetsResult => true;

    /// <summary>Whether autograd computes gradients without the numbers of the operands.</summary>
    public virtual bool ForgetsOperands => true;

    /// <summary>Computes the result.</summary>
    /// <param name="operands">The operands.</param>
    /// <param name="overwritten">The position of an operand whose memory the result may take, or <see cref="Nothing"/>.</param>
    /// <returns>The result, which may be the overwritten operand itself.</returns>
    public abstract Tensor Compute(ReadOnlySpan<Tensor> operands, int overwritten);

    /// <summary>A layer.</summary>
    public sealed record Run(nn.Module<Tensor, Tensor> Layer, int[] Operands) : ForwardStep(Operands)
    {
        /// <inheritdoc />
        public override ActivationFunction Function => ActivationFunctions.Of(Inner);

        /// <inheritdoc />
        public override bool MakesMemory => ForgetsResult
            || Inner is LayerNorm2d or ChannelLinear or SelfAttention or GlobalPool2d
            || Function != ActivationFunction.None;

        /// <inheritdoc />
        public override bool ForgetsResult => Inner is Convolution or Linear or NormBase or LayerNorm or MaxPool2d or AvgPool2d or ZeroPad2d;

        /// <summary>The layer that computes, without what only changes how it runs.</summary>
        public nn.Module<Tensor, Tensor> Inner => Layer is ILayerDecorator decorator ? decorator.Layer : Layer;

        /// <summary>Whether the layer writes its result to its operand.</summary>
        private bool Overwrites => Inner
            is ReLU { inplace: true } or ReLU6 { inplace: true } or SiLU { inplace: true } or Hardswish { inplace: true } or Hardsigmoid { inplace: true }
            or GELU { inplace: true } or Dropout { inplace: true } or Dropout2d { inplace: true } or ELU { inplace: true } or LeakyReLU { inplace: true };

        /// <inheritdoc />
        public override Tensor Compute(ReadOnlySpan<Tensor> operands, int overwritten)
        {
            if (!Overwrites || overwritten == 0) return ConvolutionOrder.Call(Layer, operands[0]);
            if (Function is var function and not ActivationFunction.None) return function.Apply(operands[0], overwrites: false);
            Tensor copy = operands[0].clone(), result = Layer.call(copy);
            if (!ReferenceEquals(copy, result)) copy.Dispose();
            return result;
        }
    }

    /// <summary>A function of each number.</summary>
    public sealed record Activate(ActivationFunction Kind, int[] Operands) : ForwardStep(Operands)
    {
        /// <inheritdoc />
        public override ActivationFunction Function => Kind;

        /// <inheritdoc />
        public override bool ForgetsResult => false;

        /// <inheritdoc />
        public override bool ForgetsOperands => Kind is ActivationFunction.Relu or ActivationFunction.Relu6 or ActivationFunction.Sigmoid or ActivationFunction.Tanh;

        /// <inheritdoc />
        public override Tensor Compute(ReadOnlySpan<Tensor> operands, int overwritten) => Kind.Apply(operands[0], overwrites: overwritten == 0);
    }

    /// <summary>Zeros around rows and columns.</summary>
    public sealed record Pad(int Top, int Bottom, int Left, int Right, int[] Operands) : ForwardStep(Operands)
    {
        /// <inheritdoc />
        public override Tensor Compute(ReadOnlySpan<Tensor> operands, int overwritten) => nn.functional.pad(operands[0], [Left, Right, Top, Bottom]);
    }

    /// <summary>A sum of two or more.</summary>
    public sealed record Add(int[] Operands) : ForwardStep(Operands)
    {
        /// <inheritdoc />
        public override Tensor Compute(ReadOnlySpan<Tensor> operands, int overwritten)
        {
            (Tensor first, Tensor second) = overwritten == 1 ? (operands[1], operands[0]) : (operands[0], operands[1]);
            Tensor sum = overwritten is 0 or 1 && Fits(first, second) ? first.add_(second) : first.add(second);
            foreach (Tensor operand in operands[2..])
            {
                if (Fits(sum, operand))
                {
                    sum.add_(operand);
                    continue;
                }
                Tensor last = sum;
                sum = last.add(operand);
                if (!ReferenceEquals(last, first)) last.Dispose();
            }
            return sum;
        }
    }

    /// <summary>A product of two.</summary>
    public sealed record Multiply(int[] Operands) : ForwardStep(Operands)
    {
        /// <inheritdoc />
        public override bool ForgetsOperands => false;

        /// <inheritdoc />
        public override Tensor Compute(ReadOnlySpan<Tensor> operands, int overwritten)
        {
            (Tensor first, Tensor second) = overwritten == 1 ? (operands[1], operands[0]) : (operands[0], operands[1]);
            return overwritten is 0 or 1 && Fits(first, second) ? first.mul_(second) : first.mul(second);
        }
    }

    /// <summary>Channels after one another.</summary>
    public sealed record Concat(int[] Operands) : ForwardStep(Operands)
    {
        /// <inheritdoc />
        public override Tensor Compute(ReadOnlySpan<Tensor> operands, int overwritten) => cat(operands, dim: 1);
    }

    /// <summary>Whether <paramref name="first"/> has the shape and the type of what both make together.</summary>
    private static bool Fits(Tensor first, Tensor second)
    {
        if (first.dtype != second.dtype) return false;
        ReadOnlySpan<long> large = first.shape, small = second.shape;
        if (small.Length > large.Length) return false;
        for (int i = 1; i <= small.Length; i++)
        {
            if (small[^i] != 1 && small[^i] != large[^i]) return false;
        }
        return true;
    }
}
