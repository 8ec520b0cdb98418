using System.Numerics.Tensors;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// Weights as integers in [-127, 127], with a scale for each output. What a layer adds becomes 32-bit integers with the product of the scales of
/// input and weights.
/// </summary>
/// <param name="Values">As many as the weights, in their order.</param>
/// <param name="Scales">One for each output.</param>
/// <param name="Bias">One for each output; empty if nothing is added.</param>
/// <param name="BiasScales">One for each output.</param>
internal sealed record IntegerWeights(sbyte[] Values, float[] Scales, int[] Bias, float[] BiasScales)
{
    private const float Most = sbyte.MaxValue;

    /// <summary>What 32-bit integers can hold, with room for the sum of products that they begin.</summary>
    private const double MostBias = 1 << 30;

    /// <summary>Rounds weights.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="bias">What is added, one number for each output, or nothing.</param>
    /// <param name="inputScale">The scale of the layer's input.</param>
    /// <param name="outputs">The number of outputs.</param>
    /// <param name="areColumns">Whether the outputs are the last dimension instead of the first.</param>
    public static IntegerWeights Of(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, float inputScale, int outputs, bool areColumns)
    {
        sbyte[] values = new sbyte[weights.Length];
        float[] scales = new float[outputs], biasScales = new float[bias.Length];
        int[] added = new int[bias.Length];
        int row = weights.Length / outputs;
        for (int o = 0; o < outputs; o++)
        {
            float largest = areColumns ? LargestOfColumn(weights, o, outputs) : Math.Abs(TensorPrimitives.MaxMagnitude(weights.Slice(o * row, row)));
            float scale = largest / Most;
            if (!bias.IsEmpty) scale = Math.Max(scale, (float)(Math.Abs(bias[o]) / (inputScale * MostBias)));
            // Any will do for an output without weights.
            if (!float.IsNormal(scale)) scale = 1;
            scales[o] = scale;
            for (int i = 0; i < row; i++)
            {
                int at = areColumns ? i * outputs + o : o * row + i;
                values[at] = (sbyte)Math.Clamp(MathF.Round(weights[at] / scale), -Most, Most);
            }
            if (bias.IsEmpty) continue;
            biasScales[o] = inputScale * scale;
            added[o] = (int)Math.Round(bias[o] / (double)biasScales[o]);
        }
        return new IntegerWeights(values, scales, added, biasScales);
    }

    private static float LargestOfColumn(ReadOnlySpan<float> weights, int column, int columns)
    {
        float largest = 0;
        for (int i = column; i < weights.Length; i += columns) largest = Math.Max(largest, Math.Abs(weights[i]));
        return largest;
    }
}
