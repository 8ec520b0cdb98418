using FineTune.Inference;
using static TorchSharp.torch;

namespace FineTune.Parity;

/// <summary>
/// Fills tensors from a counter hash, so that weights and inputs can be rebuilt in any language without a file:
/// <c>u(seed, i) = fmix32((i + seed × 0x9E3779B9) mod 2³²) / 2³²</c>, with the finalizer of MurmurHash3.
/// </summary>
internal static class CounterHash
{
    /// <summary>A number in [0, 1).</summary>
    public static double Uniform(long seed, long index) => CheckImage.Mix(unchecked((uint)index + (uint)((ulong)seed * 0x9E3779B9UL))) / 4294967296.0;

    /// <summary>A float32 tensor whose i-th number, row-major, is <c>(2u - 1) × scale</c>.</summary>
    public static Tensor Fill(long seed, double scale, params ReadOnlySpan<long> shape) => FillAround(seed, 0, scale, shape);

    /// <summary>A float32 tensor whose i-th number, row-major, is <c>center + (2u - 1) × scale</c>.</summary>
    public static Tensor FillAround(long seed, double center, double scale, params ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long size in shape) count *= size;
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(center + (2 * Uniform(seed, i) - 1) * scale);
        return tensor(values, shape);
    }
}
