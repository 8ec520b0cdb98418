using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Inspection;

/// <summary>Operations on vectors of float64, in an order of additions that is the same on every processor.</summary>
internal static class VectorMath
{
    private const int Lanes = 4, Block = 4 * Lanes;

    /// <summary>The scalar product of two vectors of the same length.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ReadOnlySpan<Vector256<double>> left = MemoryMarshal.Cast<double, Vector256<double>>(a), right = MemoryMarshal.Cast<double, Vector256<double>>(b[..a.Length]);
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        int i = 0;
        for (; i + Block / Lanes <= left.Length; i += Block / Lanes)
        {
            s0 += left[i] * right[i];
            s1 += left[i + 1] * right[i + 1];
            s2 += left[i + 2] * right[i + 2];
            s3 += left[i + 3] * right[i + 3];
        }
        for (; i < left.Length; i++) s0 += left[i] * right[i];
        double sum = Vector256.Sum(s0 + s1 + (s2 + s3));
        for (int k = left.Length * Lanes; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }

    /// <summary>Adds a multiple of a vector to another one.</summary>
    /// <param name="factor">The multiple.</param>
    /// <param name="x">The vector.</param>
    /// <param name="y">Is added to; of the same length.</param>
    public static void AddScaled(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        ReadOnlySpan<Vector256<double>> from = MemoryMarshal.Cast<double, Vector256<double>>(x);
        Span<Vector256<double>> to = MemoryMarshal.Cast<double, Vector256<double>>(y[..x.Length]);
        var factors = Vector256.Create(factor);
        for (int i = 0; i < from.Length; i++) to[i] += factors * from[i];
        for (int k = from.Length * Lanes; k < x.Length; k++) y[k] += factor * x[k];
    }
}
