using FineTune.Inference;

namespace Runtime.Tests.Inference;

public class SoftmaxTests
{
    [Fact]
    public void Each_row_sums_to_one_and_follows_the_formula()
    {
        double[] probabilities = Softmax.Compute([1, 2, 3, -1, 0, 1], 3);

        double sum = Math.Exp(1) + Math.Exp(2) + Math.Exp(3);
        double[] row = [Math.Exp(1) / sum, Math.Exp(2) / sum, Math.Exp(3) / sum];
        for (int i = 0; i < 6; i++) Assert.Equal(row[i % 3], probabilities[i], 1e-15);
    }

    [Fact]
    public void Logits_of_any_size_do_not_overflow()
    {
        Assert.Equal([1.0, 0.0], Softmax.Compute([3e38f, -3e38f], 2));
        Assert.Equal([0.5, 0.5], Softmax.Compute([-3e38f, -3e38f], 2));
    }
}
