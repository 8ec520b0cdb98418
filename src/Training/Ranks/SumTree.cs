using System.Numerics;
using System.Runtime.InteropServices;

namespace FineTune.Training.Ranks;

/// <summary>
/// Sums arrays in the order of a binary tree: neighbours first, then the sums of neighbours, and so on. If the number of arrays is a power of two, the
/// sum of each aligned half, quarter and so on is part of the tree. Ranks can therefore sum their own arrays first, and then each other's sums,
/// and get the same bits as one rank that sums all of them.
/// </summary>
internal sealed class SumTree
{
    // The sums so far, each of half as many arrays as the one before it, or fewer.
    private readonly Stack<(int Count, float[] Sum)> _sums = new();
    private readonly Stack<float[]> _free = new();

    /// <summary>Adds the next array to the tree.</summary>
    /// <param name="values">The numbers; they are copied.</param>
    public void Add(ReadOnlySpan<float> values)
    {
        float[] sum = _free.Count > 0 ? _free.Pop() : new float[values.Length];
        values.CopyTo(sum);
        int count = 1;
        while (_sums.Count > 0 && _sums.Peek().Count == count)
        {
            float[] left = _sums.Pop().Sum;
            Add(left, sum);
            _free.Push(sum);
            (sum, count) = (left, 2 * count);
        }
        _sums.Push((count, sum));
    }

    /// <summary>Writes the sum of all arrays, and begins a new tree of arrays of the same length.</summary>
    public void Finish(Span<float> result)
    {
        float[] sum = _sums.Pop().Sum;
        while (_sums.Count > 0)
        {
            float[] left = _sums.Pop().Sum;
            Add(left, sum);
            _free.Push(sum);
            sum = left;
        }
        sum.CopyTo(result);
        _free.Push(sum);
    }

    private static void Add(Span<float> left, ReadOnlySpan<float> right)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(left);
        ReadOnlySpan<Vector<float>> other = MemoryMarshal.Cast<float, Vector<float>>(right);
        for (int i = 0; i < wide.Length; i++) wide[i] += other[i];
        for (int i = wide.Length * Vector<float>.Count; i < left.Length; i++) left[i] += right[i];
    }
}
