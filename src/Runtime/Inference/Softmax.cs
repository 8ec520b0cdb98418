namespace FineTune.Inference;

/// <summary>Logits to probabilities.</summary>
internal static class Softmax
{
    /// <summary>Computes <c>exp(xᵢ - max) / Σ exp(xⱼ - max)</c> for each row, in float64.</summary>
    /// <param name="logits">Rows of logits, one after another.</param>
    /// <param name="classes">The length of a row.</param>
    public static double[] Compute(ReadOnlySpan<float> logits, int classes)
    {
        double[] probabilities = new double[logits.Length];
        for (int start = 0; start < logits.Length; start += classes)
        {
            float largest = float.NegativeInfinity;
            for (int i = start; i < start + classes; i++) largest = Math.Max(largest, logits[i]);
            double sum = 0;
            for (int i = start; i < start + classes; i++) sum += probabilities[i] = Math.Exp((double)logits[i] - largest);
            for (int i = start; i < start + classes; i++) probabilities[i] /= sum;
        }
        return probabilities;
    }
}
