using static TorchSharp.torch;

namespace FineTune.Inference;

/// <summary>Runs the steps of a <see cref="ForwardPass"/> as they are, with gradients where they are enabled.</summary>
internal ref struct ForwardExecution
{
    private readonly IReadOnlyList<ForwardStep> _steps;
    private readonly bool _hasGradients;
    private readonly int[] _readers;
    private readonly int[] _remaining;
    private readonly Tensor?[] _values;

    private ForwardExecution(IReadOnlyList<ForwardStep> steps)
    {
        _steps = steps;
        _hasGradients = is_grad_enabled();
        _values = new Tensor?[steps.Count + 1];
        _readers = new int[steps.Count + 1];
        foreach (ForwardStep step in steps)
        {
            foreach (int operand in step.Operands) _readers[operand]++;
        }
        // The caller reads the result.
        _readers[^1]++;
        _remaining = [.. _readers];
    }

    /// <summary>Runs steps.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="input">Value 0; it is not changed.</param>
    /// <returns>The last step's result.</returns>
    public static Tensor Run(IReadOnlyList<ForwardStep> steps, Tensor input) => steps.Count == 0 ? input.alias() : new ForwardExecution(steps).Run(input);

    private readonly Tensor Run(Tensor input)
    {
        _values[0] = input;
        try
        {
            for (int i = 0; i < _steps.Count; i++) Advance(i);
            Tensor result = _values[^1]!;
            _values[^1] = null;
            return result;
        }
        finally
        {
            foreach (Tensor? value in _values.AsSpan(1)) value?.Dispose();
        }
    }

    private readonly void Advance(int index)
    {
        ForwardStep step = _steps[index];
        int[] operands = step.Operands;
        var tensors = new Tensor[operands.Length];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = _values[operands[i]]!;

        Tensor result = step.Compute(tensors, FindOverwritten(step));

        foreach (int operand in operands)
        {
            bool isLast = --_remaining[operand] == 0 && operand > 0, isResult = ReferenceEquals(result, _values[operand]);
            // Each value has a tensor of its own, which an operand may hand on.
            if (isResult && !isLast) result = result.alias();
            if (!isLast) continue;
            if (!isResult) _values[operand]!.Dispose();
            _values[operand] = null;
        }
        if (_remaining[index + 1] == 0) result.Dispose();
        else _values[index + 1] = result;
    }

    /// <summary>The position of an operand that nothing else needs, now or for gradients.</summary>
    private readonly int FindOverwritten(ForwardStep step)
    {
        if (_hasGradients && !step.ForgetsOperands) return ForwardStep.Nothing;
        if (IsSpare(step.Operands[0])) return 0;
        return step.Operands.Length > 1 && IsSpare(step.Operands[1]) ? 1 : ForwardStep.Nothing;
    }

    private readonly bool IsSpare(int value) =>
        value > 0 && _readers[value] == 1 && _steps[value - 1] is { MakesMemory: true } maker && (!_hasGradients || maker.ForgetsResult);
}
