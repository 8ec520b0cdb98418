using System.Runtime.InteropServices;
using FineTune.Training.Ranks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FineTune.Training.Stages;

/// <summary>
/// The gradient of a batch as the sum of the gradients of its parts, over all ranks, in the order of a binary tree. Running statistics of batch
/// normalisation move by the mean of what each part would move them, weighted by images.
/// </summary>
/// <param name="ranks">The ranks.</param>
/// <param name="parts">The parts.</param>
/// <param name="parameters">The parameters that learn.</param>
/// <param name="statistics">The running statistics that change.</param>
/// <param name="counters">The counters of batches that change.</param>
internal sealed class PartedGradient(
    ICollectives ranks, BatchParts parts, IReadOnlyList<Parameter> parameters, IReadOnlyList<Tensor> statistics, IReadOnlyList<Tensor> counters) : IDisposable
{
    private readonly SumTree _tree = new();
    private readonly float[] _values = new float[parameters.Sum(static p => p.numel()) + statistics.Sum(static s => s.numel()) + 2];
    private readonly IReadOnlyList<Tensor> _before = [.. statistics.Concat(counters).Select(static s => s.detach().clone().DetachFromDisposeScope())];

    /// <summary>The parts of a batch.</summary>
    public BatchParts Parts => parts;

    private IEnumerable<Tensor> Changing => statistics.Concat(counters);

    /// <summary>Begins a batch.</summary>
    public void Begin()
    {
        foreach ((Tensor before, Tensor now) in _before.Zip(Changing)) before.copy_(now);
    }

    /// <summary>Adds a part of this rank, after its backward pass.</summary>
    /// <param name="loss">Its share of the loss.</param>
    /// <param name="right">The number of its images that were answered correctly.</param>
    /// <param name="share">Its share of the images, in (0, 1].</param>
    public void Add(float loss, long right, double share)
    {
        using DisposeScope scope = NewDisposeScope();
        int at = 0;
        foreach (Parameter parameter in parameters)
        {
            int length = (int)parameter.numel();
            Span<float> values = _values.AsSpan(at, length);
            if (parameter.grad is { } gradient) Numbers(gradient).CopyTo(values);
            else values.Clear();
            at += length;
        }
        for (int i = 0; i < statistics.Count; i++)
        {
            Span<float> moved = Numbers((statistics[i].detach() - _before[i]) * share);
            moved.CopyTo(_values.AsSpan(at));
            at += moved.Length;
        }
        _values[at++] = loss;
        _values[at] = right;
        _tree.Add(_values);
        Restore();
    }

    /// <summary>Adds a part without images.</summary>
    public void AddNothing()
    {
        _values.AsSpan().Clear();
        _tree.Add(_values);
    }

    /// <summary>Sums all parts of all ranks into the parameters' gradients, and moves the running statistics.</summary>
    /// <returns>The loss of the batch, and the number of images that were answered correctly.</returns>
    public (float Loss, long Right) Finish()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _tree.Finish(_values);
        ranks.Sum(_values);
        int at = 0;
        foreach (Parameter parameter in parameters)
        {
            Tensor sum = Next(parameter.shape).to(parameter.device);
            if (parameter.grad is { } gradient) gradient.copy_(sum);
            else parameter.grad = sum.clone().DetachFromDisposeScope();
        }
        // A pass whose only purpose was to draw numbers has moved them, too.
        Restore();
        for (int i = 0; i < statistics.Count; i++) statistics[i].add_(Next(statistics[i].shape).to(statistics[i].device));
        foreach (Tensor counter in counters) counter.add_(1);
        return (_values[at], (long)_values[at + 1]);

        Tensor Next(long[] shape)
        {
            int length = 1;
            foreach (long size in shape) length *= (int)size;
            Tensor next = tensor(_values.AsSpan(at, length).ToArray()).view(shape);
            at += length;
            return next;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Tensor before in _before) before.Dispose();
    }

    private void Restore()
    {
        using IDisposable noGradient = no_grad();
        foreach ((Tensor before, Tensor now) in _before.Zip(Changing)) now.copy_(before);
    }

    /// <summary>The numbers of a tensor, row by row.</summary>
    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.detach().cpu().contiguous().bytes);
}
