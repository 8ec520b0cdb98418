using FineTune.Training;
using FineTune.Training.Inspection;

namespace Training.Tests.Inspection;

/// <summary>The solver, the fits without an image, and confident learning.</summary>
public class WrongLabelTests
{
    [Fact]
    public void The_minimum_of_a_quadratic_function_is_found()
    {
        double[] point = [5, -7, 3], centre = [1, 2, -4], curvature = [1, 100, 0.1];

        double value = Minimizer.Run(
            (at, gradient) =>
            {
                double sum = 0;
                for (int i = 0; i < at.Length; i++)
                {
                    gradient[i] = curvature[i] * (at[i] - centre[i]);
                    sum += curvature[i] * (at[i] - centre[i]) * (at[i] - centre[i]) / 2;
                }
                return sum;
            },
            point, 1e-10, 100);

        Assert.Equal(0, value, 1e-15);
        for (int i = 0; i < point.Length; i++) Assert.Equal(centre[i], point[i], 1e-8);
    }

    [Fact]
    public void Without_features_the_probabilities_are_the_shares_of_the_classes()
    {
        LogisticRegression fitted = LogisticRegression.Fit([.. Enumerable.Repeat(new double[3], 10)], [0, 0, 0, 0, 0, 0, 1, 1, 1, 2], 3, 0.01);

        double[] probabilities = fitted.Probabilities([0, 0, 0]);

        Assert.Equal(0.6, probabilities[0], 1e-4);
        Assert.Equal(0.3, probabilities[1], 1e-4);
        Assert.Equal(0.1, probabilities[2], 1e-4);
    }

    [Fact]
    public void A_weight_is_where_loss_and_penalty_balance()
    {
        // One feature of ±1: the weights of the classes are w and -w, with 1 / (1 + exp(2w)) = penalty · w.
        const double penalty = 0.1;
        LogisticRegression fitted = LogisticRegression.Fit([[1], [-1]], [0, 1], 2, penalty);

        double logit = Math.Log(fitted.Probabilities([1])[0] / fitted.Probabilities([1])[1]);

        Assert.Equal(penalty * logit / 2, 1 / (1 + Math.Exp(logit)), 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(37)]
    public void Vectors_of_every_length_are_multiplied_and_added(int length)
    {
        double[] a = [.. Enumerable.Range(1, length).Select(static i => (double)i)], b = [.. a.Select(static value => 2 * value)];

        Assert.Equal(length * (length + 1) * (2 * length + 1) / 3.0, VectorMath.Dot(a, b), 1e-9);
        VectorMath.AddScaled(-2, a, b);
        Assert.All(b, static value => Assert.Equal(0, value));
    }

    [Fact]
    public void Folds_have_the_same_number_of_each_class_and_keep_groups_together()
    {
        int[] labels = [.. Enumerable.Range(0, 100).Select(static i => i % 4)];

        int[] folds = OutOfSample.FoldsOf(labels, [[0, 4, 8], [1, 2]], seed: 3);

        Assert.Equal(folds[0], folds[4]);
        Assert.Equal(folds[0], folds[8]);
        Assert.Equal(folds[1], folds[2]);
        Assert.All(
            Enumerable.Range(0, 20), cell => Assert.Equal(5, Enumerable.Range(0, 100).Count(i => labels[i] == cell / 5 && folds[i] == cell % 5)));
        Assert.Equal(folds, OutOfSample.FoldsOf(labels, [[0, 4, 8], [1, 2]], seed: 3));
    }

    [Fact]
    public void Relabelled_points_of_clusters_are_all_found_and_nothing_else()
    {
        const int classes = 4, each = 40;
        var random = new SeededRandom(5);
        float[][] features = new float[classes * each][];
        int[] labels = new int[classes * each];
        for (int i = 0; i < features.Length; i++)
        {
            labels[i] = i % classes;
            features[i] = [.. Enumerable.Range(0, 8).Select(f => (float)((f == labels[i] ? 4 : 0) + random.Uniform(-1, 1)))];
        }
        int[] relabelled = [3, 50, 77, 102, 131];
        foreach (int i in relabelled) labels[i] = (labels[i] + 1) % classes;

        IReadOnlyList<SuspectLabel> suspects = ConfidentLearning.Find(OutOfSample.Probabilities(features, labels, [], classes, seed: 1), labels);

        Assert.Equal(relabelled, suspects.Select(static suspect => suspect.Image).Order());
        Assert.All(suspects, suspect => Assert.Equal(suspect.Image % classes, suspect.Suggested));
        Assert.Equal(suspects.OrderBy(static suspect => suspect.Margin), suspects);
    }

    [Fact]
    public void An_image_is_suspect_where_it_reaches_the_threshold_of_another_class()
    {
        // The thresholds are the means of the own class: 0.6 and 0.625.
        double[][] probabilities = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.25, 0.75], [0.5, 0.5]];

        // The last image is no more probable in the class that it has not than in its own.
        SuspectLabel suspect = Assert.Single(ConfidentLearning.Find(probabilities, [0, 0, 0, 1, 1]));

        Assert.Equal((2, 0, 1), (suspect.Image, suspect.Given, suspect.Suggested));
        Assert.Equal(-0.8, suspect.Margin, 1e-12);
    }
}
