using FineTune.Pipeline;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>
/// <c>x × factor + offset</c> of each channel, which a convolution or a linear layer before it can take into its own weights. Everything is computed
/// in float64 and rounded once.
/// </summary>
/// <param name="Factors">One for each channel.</param>
/// <param name="Offsets">One for each channel.</param>
internal sealed record ChannelAffine(double[] Factors, double[] Offsets)
{
    /// <summary>What an operation does to each channel; null if it does something else. Its tensors are taken.</summary>
    public static ChannelAffine? Of(Operation operation, TrainedTensors tensors) => operation switch
    {
        BatchNormOperation norm => Of(norm, tensors),
        ScaleChannelsOperation scale => Of(tensors.Take(scale.Factors)),
        _ => null,
    };

    /// <summary>Whether an operation is one of those.</summary>
    public static bool Is(Operation operation) => operation is BatchNormOperation or ScaleChannelsOperation;

    /// <summary>This, and another after it.</summary>
    public ChannelAffine Then(ChannelAffine other) => new(
        [.. Factors.Zip(other.Factors, static (a, b) => a * b)],
        [.. Offsets.Select((offset, i) => offset * other.Factors[i] + other.Offsets[i])]);

    /// <summary>Takes it into the weights of a layer.</summary>
    /// <param name="weight">The layer's weights, row by row of its outputs.</param>
    /// <param name="bias">What the layer adds, or null.</param>
    public (float[] Weight, float[] Bias) Fold(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        int outputs = Factors.Length, row = weight.Length / outputs;
        float[] folded = new float[weight.Length], added = new float[outputs];
        for (int o = 0; o < outputs; o++)
        {
            for (int i = o * row; i < (o + 1) * row; i++) folded[i] = (float)(weight[i] * Factors[o]);
            added[o] = (float)((bias.IsEmpty ? 0 : bias[o]) * Factors[o] + Offsets[o]);
        }
        return (folded, added);
    }

    private static ChannelAffine Of(BatchNormOperation norm, TrainedTensors tensors)
    {
        ReadOnlySpan<float> weight = tensors.Take(norm.Weight).Values.Span, bias = tensors.Take(norm.Bias).Values.Span;
        ReadOnlySpan<float> mean = tensors.Take(norm.Mean).Values.Span, variance = tensors.Take(norm.Variance).Values.Span;
        double[] factors = new double[weight.Length], offsets = new double[weight.Length];
        for (int c = 0; c < factors.Length; c++)
        {
            factors[c] = weight[c] / Math.Sqrt(variance[c] + norm.Epsilon);
            offsets[c] = bias[c] - mean[c] * factors[c];
        }
        return new ChannelAffine(factors, offsets);
    }

    private static ChannelAffine Of(TrainedTensor factors)
    {
        double[] all = [.. factors.Values.ToArray().Select(static factor => (double)factor)];
        return new ChannelAffine(all, new double[all.Length]);
    }
}
