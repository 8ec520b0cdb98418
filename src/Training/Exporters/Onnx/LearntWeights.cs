using FineTune.Pipeline;

namespace FineTune.Training.Exporters.Onnx;

/// <summary>The weights of a convolution or a linear layer.</summary>
/// <param name="Key">The name of the layer's weights; what it adds is called after it, too.</param>
/// <param name="Weight">The numbers, row by row of its outputs.</param>
/// <param name="Shape">Their dimensions; the first is that of the outputs.</param>
/// <param name="BiasKey">The name of what it adds.</param>
/// <param name="Bias">What it adds to its outputs; empty if there is nothing.</param>
internal sealed record LearntWeights(string Key, ReadOnlyMemory<float> Weight, IReadOnlyList<long> Shape, string BiasKey, ReadOnlyMemory<float> Bias)
{
    /// <summary>Takes the weights of a layer, with what follows it.</summary>
    public static LearntWeights Take(string weightKey, string? biasKey, ChannelAffine? affine, TrainedTensors tensors)
    {
        TrainedTensor weight = tensors.Take(weightKey);
        ReadOnlyMemory<float> bias = biasKey is null ? default : tensors.Take(biasKey).Values;
        biasKey ??= weightKey + "/bias";
        if (affine is null) return new LearntWeights(weightKey, weight.Values, weight.Shape, biasKey, bias);
        (float[] folded, float[] added) = affine.Fold(weight.Values.Span, bias.Span);
        return new LearntWeights(weightKey, folded, weight.Shape, biasKey, added);
    }

    /// <summary>The weights of a linear layer as the right side of a matrix product: <c>[inputs, outputs]</c>.</summary>
    public float[] Transpose() => Transpose(Weight.Span, (int)Shape[0], (int)Shape[1]);

    /// <summary>Makes <c>[columns, rows]</c> of <c>[rows, columns]</c>.</summary>
    public static float[] Transpose(ReadOnlySpan<float> matrix, int rows, int columns)
    {
        float[] turned = new float[matrix.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++) turned[c * rows + r] = matrix[r * columns + c];
        }
        return turned;
    }
}
