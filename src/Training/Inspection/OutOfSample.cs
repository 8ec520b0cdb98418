namespace FineTune.Training.Inspection;

/// <summary>Probabilities of the classes of each image, by a linear layer that was fitted without the image.</summary>
internal static class OutOfSample
{
    /// <summary>The number of fits. Each leaves out another part of the images.</summary>
    public const int Folds = 5;

    /// <summary>
    /// The factor of the penalty, for features of length 1. On Flowers-17 with 20 relabelled images, the list has 15 or 16 of them and at most three
    /// others for all values from 1e-4 to 1e-3; 1e-5 finds 17, among seven others.
    /// </summary>
    public const double Penalty = 1e-3;

    /// <summary>Fits and predicts.</summary>
    /// <param name="features">The features of each image.</param>
    /// <param name="labels">The class of each image.</param>
    /// <param name="groups">Images that look alike; they are left out together, so that none is judged by its own copy.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="seed">Draws the parts.</param>
    /// <param name="cancellation">Cancels the fits.</param>
    /// <returns>The probabilities of each image.</returns>
    public static double[][] Probabilities(
        IReadOnlyList<float[]> features, IReadOnlyList<int> labels, IReadOnlyList<IReadOnlyList<int>> groups, int classes, long seed,
        CancellationToken cancellation = default)
    {
        double[][] scaled = Standardized(features);
        int[] folds = FoldsOf(labels, groups, seed);
        double[][] probabilities = new double[labels.Count][];
        Parallel.For(0, Folds, new ParallelOptions { CancellationToken = cancellation }, fold =>
        {
            int[] fitted = [.. Enumerable.Range(0, labels.Count).Where(i => folds[i] != fold)];
            if (fitted.Length == labels.Count || fitted.Length == 0) return;
            LogisticRegression regression = LogisticRegression.Fit(
                [.. fitted.Select(i => scaled[i])], [.. fitted.Select(i => labels[i])], classes, Penalty, cancellation);
            for (int i = 0; i < labels.Count; i++)
            {
                if (folds[i] == fold) probabilities[i] = regression.Probabilities(scaled[i]);
            }
        });
        return probabilities;
    }

    /// <summary>The part of each image: those of a class are spread evenly, and groups are kept together.</summary>
    internal static int[] FoldsOf(IReadOnlyList<int> labels, IReadOnlyList<IReadOnlyList<int>> groups, long seed)
    {
        int[][] units = new int[labels.Count][];
        for (int i = 0; i < units.Length; i++) units[i] = [i];
        foreach (IReadOnlyList<int> group in groups)
        {
            foreach (int image in group) units[image] = [.. group];
        }
        int[] folds = [.. Enumerable.Repeat(-1, labels.Count)];
        foreach (IGrouping<int, int> images in Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).OrderBy(static group => group.Key))
        {
            int[] shuffled = [.. images];
            new SeededRandom(seed, images.Key).Shuffle<int>(shuffled);
            int[] counts = new int[Folds];
            foreach (int image in shuffled.Where(image => folds[image] >= 0)) counts[folds[image]]++;
            foreach (int image in shuffled.Where(image => folds[image] < 0))
            {
                if (folds[image] >= 0) continue;
                int fold = Enumerable.Range(0, Folds).MinBy(f => counts[f]);
                foreach (int member in units[image])
                {
                    folds[member] = fold;
                    if (labels[member] == images.Key) counts[fold]++;
                }
            }
        }
        return folds;
    }

    /// <summary>Features with mean 0 and deviation 1 over all images, divided by the root of their number, so that an image has about length 1.</summary>
    private static double[][] Standardized(IReadOnlyList<float[]> features)
    {
        int length = features[0].Length;
        double[] means = new double[length], deviations = new double[length];
        foreach (float[] row in features)
        {
            for (int f = 0; f < length; f++) means[f] += row[f] / (double)features.Count;
        }
        foreach (float[] row in features)
        {
            for (int f = 0; f < length; f++) deviations[f] += (row[f] - means[f]) * (row[f] - means[f]) / features.Count;
        }
        for (int f = 0; f < length; f++) deviations[f] = Math.Sqrt(deviations[f] * length);
        return [.. features.Select(row =>
        {
            double[] scaled = new double[length];
            for (int f = 0; f < length; f++) scaled[f] = deviations[f] > 1e-12 ? (row[f] - means[f]) / deviations[f] : 0;
            return scaled;
        })];
    }
}
