namespace FineTune.Training.WeightFormats;

/// <summary>Numbers in an order other than row-major.</summary>
internal static class StridedView
{
    /// <summary>Puts the numbers of a view into row-major order.</summary>
    /// <param name="values">The storage from the view's first number on.</param>
    /// <param name="shape">The view's dimensions.</param>
    /// <param name="strides">The distance between neighbours along each dimension.</param>
    /// <exception cref="InvalidDataException">The view has more numbers than an array can have.</exception>
    public static float[] ToRowMajor(float[] values, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        long count = 1;
        foreach (long size in shape) count = checked(count * size);
        if (count > Array.MaxLength) throw new InvalidDataException($"A tensor has {count} numbers, more than are read.");
        float[] result = new float[count];
        long[] index = new long[shape.Length];
        for (long i = 0; i < result.Length; i++)
        {
            long at = 0;
            for (int d = 0; d < index.Length; d++) at += index[d] * strides[d];
            result[i] = values[at];
            for (int d = index.Length - 1; d >= 0 && ++index[d] == shape[d]; d--) index[d] = 0;
        }
        return result;
    }
}
