using CsCheck;
using FineTune.Training.Ranks;

namespace Training.Tests.Ranks;

public class SumTreeTests
{
    /// <summary>Ranks that sum their own arrays first, and then each other's sums, get the bits of one rank that sums all.</summary>
    [Fact]
    public void Aligned_parts_of_a_tree_can_be_summed_by_different_ranks() => Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[1, 40], Gen.Int).Sample((shardsLog, ranksLog, length, seed) =>
    {
        (int shards, int ranks) = (1 << shardsLog, 1 << Math.Min(ranksLog, shardsLog));
        float[][] arrays = Arrays(shards, length, seed);

        float[] alone = Sum(arrays);

        float[][] sums = [.. Enumerable.Range(0, ranks).Select(rank => Sum(arrays[(rank * shards / ranks)..((rank + 1) * shards / ranks)]))];
        Assert.Equal(alone, Sum(sums));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(12)]
    public void A_tree_sums_any_number_of_arrays(int count)
    {
        float[][] arrays = Arrays(count, 21, seed: count);

        float[] sum = Sum(arrays);

        for (int i = 0; i < sum.Length; i++) Assert.Equal(arrays.Sum(array => (double)array[i]), sum[i], 1e-5 * count);
    }

    [Fact]
    public void A_tree_is_used_again_for_the_next_batch()
    {
        float[][] first = Arrays(4, 9, seed: 1), second = Arrays(4, 9, seed: 2);
        var tree = new SumTree();
        float[] sum = new float[9];
        foreach (float[] array in first) tree.Add(array);
        tree.Finish(sum);
        foreach (float[] array in second) tree.Add(array);
        tree.Finish(sum);

        Assert.Equal(Sum(second), sum);
    }

    private static float[] Sum(float[][] arrays)
    {
        var tree = new SumTree();
        foreach (float[] array in arrays) tree.Add(array);
        float[] sum = new float[arrays[0].Length];
        tree.Finish(sum);
        return sum;
    }

    private static float[][] Arrays(int count, int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5) * MathF.Pow(2, random.Next(8))).ToArray())];
    }
}
