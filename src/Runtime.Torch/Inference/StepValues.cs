using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>The values of a network's steps while they run one by one. No step writes to a value of another.</summary>
internal sealed class StepValues
{
    private readonly IReadOnlyList<ForwardStep> _steps;
    private readonly Tensor?[] _values;
    private readonly int[] _lastReaders;

    /// <summary>Begins before the first step.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="input">Value 0, which stays the caller's.</param>
    public StepValues(IReadOnlyList<ForwardStep> steps, Tensor input)
    {
        _steps = steps;
        _values = new Tensor?[steps.Count + 1];
        _values[0] = input;
        _lastReaders = new int[steps.Count + 1];
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (int operand in steps[i].Operands) _lastReaders[operand] = i;
        }
        // The caller reads the result.
        _lastReaders[^1] = steps.Count;
    }

    /// <summary>A value: 0 is the input, n the result of the nth step.</summary>
    public Tensor this[int index]
    {
        get => _values[index] ?? throw new InvalidOperationException("The value is gone.");
        set => _values[index] = value;
    }

    /// <summary>Runs a step.</summary>
    /// <param name="step">Its index.</param>
    /// <returns>Its result, which is value <paramref name="step"/> + 1.</returns>
    public Tensor Run(int step)
    {
        Tensor[] operands = [.. _steps[step].Operands.Select(operand => this[operand])];
        Tensor result = _steps[step].Compute(operands, ForwardStep.Nothing);
        // Each value has a tensor of its own, so that it can be freed.
        if (operands.Any(operand => ReferenceEquals(operand, result))) result = result.alias();
        return _values[step + 1] = result;
    }

    /// <summary>Frees the values of a range that no step after a certain one reads.</summary>
    /// <param name="first">The first value.</param>
    /// <param name="end">The value after the last.</param>
    /// <param name="step">The index of the step.</param>
    public void Free(int first, int end, int step)
    {
        for (int value = Math.Max(1, first); value < end; value++)
        {
            if (_lastReaders[value] > step) continue;
            _values[value]?.Dispose();
            _values[value] = null;
        }
    }
}
