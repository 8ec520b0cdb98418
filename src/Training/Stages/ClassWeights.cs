namespace FineTune.Training.Stages;

/// <summary>Weights of classes in the loss.</summary>
internal static class ClassWeights
{
    /// <summary>Images / (classes × images of the class), as scikit-learn's "balanced": rare classes weigh more.</summary>
    public static float[] Balanced(ReadOnlySpan<long> labels, int classes)
    {
        int[] counts = new int[classes];
        foreach (long label in labels) counts[label]++;
        float[] weights = new float[classes];
        for (int c = 0; c < classes; c++) weights[c] = (float)labels.Length / (classes * Math.Max(counts[c], 1));
        return weights;
    }
}
