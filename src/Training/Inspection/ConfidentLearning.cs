namespace FineTune.Training.Inspection;

/// <summary>An image whose label is probably wrong.</summary>
/// <param name="Image">The number of the image.</param>
/// <param name="Given">The class that it has.</param>
/// <param name="Suggested">The class that it looks like.</param>
/// <param name="GivenProbability">The probability of the class that it has.</param>
/// <param name="SuggestedProbability">The probability of the class that it looks like.</param>
internal sealed record SuspectLabel(int Image, int Given, int Suggested, double GivenProbability, double SuggestedProbability)
{
    /// <summary>The probability of the class that it has, less that of the class that it looks like: the lower, the more probably it is wrong.</summary>
    public double Margin => GivenProbability - SuggestedProbability;
}

/// <summary>
/// Finds labels that are probably wrong: C. G. Northcutt, L. Jiang and I. L. Chuang, "Confident Learning: Estimating Uncertainty in Dataset
/// Labels", Journal of Artificial Intelligence Research 70 (2021). The list is that of the off-diagonal entries of the confident joint.
/// </summary>
internal static class ConfidentLearning
{
    /// <summary>
    /// Finds them. The threshold of a class is the mean probability that its images have of it. An image counts as one of the most probable class among
    /// those whose thresholds it reaches, and is suspect if that is not its own and more probable than its own.
    /// </summary>
    /// <param name="probabilities">The probabilities of each image, by a network that was not trained with it.</param>
    /// <param name="labels">The class of each image.</param>
    /// <returns>The suspect labels; the most probably wrong one first.</returns>
    public static IReadOnlyList<SuspectLabel> Find(IReadOnlyList<double[]> probabilities, IReadOnlyList<int> labels)
    {
        if (labels.Count == 0) return [];
        int classes = probabilities[0].Length;
        double[] thresholds = new double[classes];
        int[] counts = new int[classes];
        for (int i = 0; i < labels.Count; i++)
        {
            thresholds[labels[i]] += probabilities[i][labels[i]];
            counts[labels[i]]++;
        }
        for (int c = 0; c < classes; c++) thresholds[c] = counts[c] == 0 ? double.PositiveInfinity : thresholds[c] / counts[c];

        List<SuspectLabel> suspects = [];
        for (int i = 0; i < labels.Count; i++)
        {
            int answer = -1;
            for (int c = 0; c < classes; c++)
            {
                if (probabilities[i][c] >= thresholds[c] && (answer < 0 || probabilities[i][c] > probabilities[i][answer])) answer = c;
            }
            if (answer < 0 || probabilities[i][answer] <= probabilities[i][labels[i]]) continue;
            suspects.Add(new SuspectLabel(i, labels[i], answer, probabilities[i][labels[i]], probabilities[i][answer]));
        }
        return [.. suspects.OrderBy(static suspect => suspect.Margin).ThenBy(static suspect => suspect.Image)];
    }
}
