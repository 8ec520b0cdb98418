using FineTune.Inference;
using static TorchSharp.torch;

namespace FineTune;

/// <summary>
/// What a network does to its input, step by step. Each step reads the value before it, unless it is given others, so that both chains and
/// graphs can be written down.
/// </summary>
public readonly ref struct ForwardPass
{
    private readonly List<ForwardStep> _steps;

    private ForwardPass(List<ForwardStep> steps) => _steps = steps;

    /// <summary>Takes a pass through the layers of a network.</summary>
    public delegate void Description(ref ForwardPass pass);

    /// <summary>The value that was made last: at first, the input.</summary>
    public Value Current => new(_steps.Count);

    /// <summary>
    /// Runs layers on an input, which stays the caller's. Each value is freed after the last step that reads it (autograd keeps what it needs by
    /// itself).
    /// </summary>
    /// <param name="input">The input; nothing writes to it.</param>
    /// <param name="layers">The steps.</param>
    /// <returns>The last value, which is the caller's.</returns>
    public static Tensor Run(Tensor input, Description layers) => ForwardExecution.Run(Record(layers), input);

    /// <summary>Runs a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="from">What it reads; the current value if null.</param>
    public Value Run(nn.Module<Tensor, Tensor> layer, Value? from = null) => Append(new ForwardStep.Run(layer, Operand(from)));

    /// <summary>max(x, 0).</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value Relu(Value? from = null) => Activate(ActivationFunction.Relu, from);

    /// <summary>min(max(x, 0), 6).</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value Relu6(Value? from = null) => Activate(ActivationFunction.Relu6, from);

    /// <summary>x / (1 + exp(-x)).</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value Silu(Value? from = null) => Activate(ActivationFunction.Silu, from);

    /// <summary>x · min(max(x + 3, 0), 6) / 6.</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value HardSwish(Value? from = null) => Activate(ActivationFunction.HardSwish, from);

    /// <summary>min(max(x + 3, 0), 6) / 6.</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value HardSigmoid(Value? from = null) => Activate(ActivationFunction.HardSigmoid, from);

    /// <summary>1 / (1 + exp(-x)).</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value Sigmoid(Value? from = null) => Activate(ActivationFunction.Sigmoid, from);

    /// <summary>x times the normal distribution's integral up to x.</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value Gelu(Value? from = null) => Activate(ActivationFunction.Gelu, from);

    /// <summary>tanh(x).</summary>
    /// <param name="from">x; the current value if null.</param>
    public Value Tanh(Value? from = null) => Activate(ActivationFunction.Tanh, from);

    /// <summary>Puts zeros around the rows and columns: what an asymmetric "same" convolution needs before it.</summary>
    /// <param name="top">Rows above.</param>
    /// <param name="bottom">Rows below.</param>
    /// <param name="left">Columns at the left.</param>
    /// <param name="right">Columns at the right.</param>
    /// <param name="from">What is padded, <c>[N, C, H, W]</c>; the current value if null.</param>
    public Value Pad(int top, int bottom, int left, int right, Value? from = null) => Append(new ForwardStep.Pad(top, bottom, left, right, Operand(from)));

    /// <summary>The sum of two or more values; those of one size in a dimension are repeated.</summary>
    public Value Add(params ReadOnlySpan<Value> values) => Append(new ForwardStep.Add(Operands(values, 2)));

    /// <summary>The product of two values, number by number; those of one size in a dimension are repeated, such as <c>[N, C, 1, 1]</c>.</summary>
    public Value Multiply(Value a, Value b) => Append(new ForwardStep.Multiply(Operands([a, b], 2)));

    /// <summary>The channels of two or more values after one another: <c>[N, C₁ + C₂ + …, H, W]</c>, or the same of vectors.</summary>
    public Value Concat(params ReadOnlySpan<Value> values) => Append(new ForwardStep.Concat(Operands(values, 2)));

    /// <summary>What layers do to an input, without one.</summary>
    internal static IReadOnlyList<ForwardStep> Record(Description layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        List<ForwardStep> steps = [];
        var pass = new ForwardPass(steps);
        layers(ref pass);
        return steps;
    }

    private Value Activate(ActivationFunction function, Value? from) => Append(new ForwardStep.Activate(function, Operand(from)));

    private Value Append(ForwardStep step)
    {
        _steps.Add(step);
        return Current;
    }

    private int[] Operand(Value? from) => from is { } value ? Operands([value], 1) : [_steps.Count];

    private int[] Operands(ReadOnlySpan<Value> values, int atLeast)
    {
        if (values.Length < atLeast) throw new ArgumentException($"The step needs {atLeast} values.", nameof(values));
        int[] operands = new int[values.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            operands[i] = values[i].Index;
            if (operands[i] > _steps.Count) throw new ArgumentException("The value is from another pass.", nameof(values));
        }
        return operands;
    }
}
