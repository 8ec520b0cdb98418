using FineTune.Training.Ranks;

namespace Training.Tests.Ranks;

public class BatchPartsTests
{
    [Theory]
    [InlineData(32, 4, 1)]
    [InlineData(33, 4, 1)]
    [InlineData(3, 8, 1)]
    [InlineData(7, 4, 2)]
    [InlineData(1, 4, 2)]
    public void Parts_are_the_same_for_any_number_of_ranks_and_cover_the_batch(int images, int count, int least)
    {
        (int First, int Count)[] alone = [.. new BatchParts(SingleRank.Instance, count, least).Own(images)];
        Assert.Equal(count, alone.Length);
        Assert.Equal(images, alone.Sum(static part => part.Count));
        Assert.Equal(Enumerable.Range(0, images), alone.SelectMany(static part => Enumerable.Range(part.First, part.Count)));
        Assert.All(alone, part => Assert.True(part.Count == 0 || part.Count >= Math.Min(least, images)));

        for (int ranks = 2; ranks <= count; ranks *= 2)
        {
            int size = ranks;
            Assert.Equal(alone, Enumerable.Range(0, size).SelectMany(rank => new BatchParts(new Place(rank, size), count, least).Own(images)));
        }
    }

    /// <summary>A rank that only knows its number.</summary>
    private sealed class Place(int rank, int size) : ICollectives
    {
        public int Rank => rank;

        public int Size => size;

        public IReadOnlyList<string> Places => throw new NotSupportedException();

        public int RanksOfHost => size;

        public void Sum(Span<float> values) => throw new NotSupportedException();

        public void Broadcast(Span<byte> values, int root = 0) => throw new NotSupportedException();

        public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> values) => throw new NotSupportedException();

        public void Barrier() => throw new NotSupportedException();

        public void Attend() => throw new NotSupportedException();

        public void Abort(int exitCode) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
