namespace FineTune.Training.Inspection;

/// <summary>
/// Multinomial logistic regression in float64: a linear layer whose mean cross-entropy, with a penalty on the squares of its weights, is as small as it
/// can be. The problem is convex, so the result does not depend on where the search begins.
/// </summary>
/// <param name="weights">For each class, a weight for each feature and the bias.</param>
/// <param name="classes">The number of classes.</param>
internal sealed class LogisticRegression(double[] weights, int classes)
{
    private const double Tolerance = 1e-5;

    private const int MostSteps = 200;

    private readonly int _stride = weights.Length / classes;

    /// <summary>Fits the weights.</summary>
    /// <param name="features">The features of each image, all of the same length.</param>
    /// <param name="labels">The class of each image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="penalty">The factor of half the sum of the squares of the weights; above 0. Biases have no penalty.</param>
    /// <param name="cancellation">Cancels the fit.</param>
    public static LogisticRegression Fit(
        IReadOnlyList<double[]> features, IReadOnlyList<int> labels, int classes, double penalty, CancellationToken cancellation = default)
    {
        int length = features[0].Length, stride = length + 1;
        double[] weights = new double[classes * stride];
        Minimizer.Run(Loss, weights, Tolerance, MostSteps, cancellation);
        return new LogisticRegression(weights, classes);

        double Loss(ReadOnlySpan<double> point, Span<double> gradient)
        {
            gradient.Clear();
            double loss = 0;
            Span<double> probabilities = stackalloc double[Math.Min(classes, 1024)];
            if (classes > probabilities.Length) probabilities = new double[classes];
            for (int i = 0; i < features.Count; i++)
            {
                loss += Softmax(point, stride, features[i], probabilities, labels[i]) / features.Count;
                for (int c = 0; c < classes; c++)
                {
                    double error = (probabilities[c] - (c == labels[i] ? 1 : 0)) / features.Count;
                    VectorMath.AddScaled(error, features[i], gradient.Slice(c * stride, length));
                    gradient[c * stride + length] += error;
                }
            }
            for (int c = 0; c < classes; c++)
            {
                ReadOnlySpan<double> row = point.Slice(c * stride, length);
                loss += penalty / 2 * VectorMath.Dot(row, row);
                VectorMath.AddScaled(penalty, row, gradient.Slice(c * stride, length));
            }
            return loss;
        }
    }

    /// <summary>The probabilities of the classes.</summary>
    /// <param name="features">The features of an image.</param>
    public double[] Probabilities(double[] features)
    {
        double[] probabilities = new double[classes];
        Softmax(weights, _stride, features, probabilities, label: 0);
        return probabilities;
    }

    /// <summary>Computes the probabilities of an image.</summary>
    /// <returns>The cross-entropy of its label.</returns>
    private static double Softmax(ReadOnlySpan<double> weights, int stride, double[] features, Span<double> probabilities, int label)
    {
        double most = double.NegativeInfinity, sum = 0;
        for (int c = 0; c < probabilities.Length; c++)
        {
            ReadOnlySpan<double> row = weights.Slice(c * stride, stride);
            probabilities[c] = VectorMath.Dot(features, row) + row[^1];
            most = Math.Max(most, probabilities[c]);
        }
        double logit = probabilities[label];
        for (int c = 0; c < probabilities.Length; c++) sum += probabilities[c] = Math.Exp(probabilities[c] - most);
        for (int c = 0; c < probabilities.Length; c++) probabilities[c] /= sum;
        return most + Math.Log(sum) - logit;
    }
}
