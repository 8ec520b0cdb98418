using FineTune.Training.Cuda;

namespace Training.Tests.Cuda;

public class MicroBatchTests
{
    [Theory]
    [InlineData(32, 1, new[] { 16, 8, 4, 2, 1 })]
    [InlineData(32, 2, new[] { 16, 8, 4, 2 })]
    [InlineData(5, 1, new[] { 3, 2, 1 })]
    [InlineData(5, 2, new[] { 3 })]
    [InlineData(1, 1, new int[0])]
    public void Halves_end_with_the_smallest_pass(int batchSize, int least, int[] sizes)
    {
        List<int> found = [];
        for (MicroBatch? half = new MicroBatch(batchSize, least).Halved(); half is not null; half = half.Halved()) found.Add(half.Size);

        Assert.Equal(sizes, found);
    }

    [Fact]
    public void Parts_cover_a_batch_of_any_size_and_none_is_too_large_or_too_small()
    {
        for (int least = 1; least <= 2; least++)
        {
            for (MicroBatch? micro = new(32, least); micro is not null; micro = micro.Halved())
            {
                for (int images = 1; images <= 32; images++)
                {
                    IReadOnlyList<(int Start, int Count)> parts = micro.Parts(images);

                    Assert.Equal(images, parts.Sum(static part => part.Count));
                    Assert.Equal(0, parts[0].Start);
                    Assert.All(parts.Zip(parts.Skip(1)), static pair => Assert.Equal(pair.First.Start + pair.First.Count, pair.Second.Start));
                    Assert.InRange(parts.Max(static part => part.Count) - parts.Min(static part => part.Count), 0, 1);
                    Assert.True(parts.Count == 1 || parts.All(part => part.Count >= least));
                    // With one image too many for an even division, a part may have one more, as it must not have fewer than the least.
                    Assert.InRange(parts.Max(static part => part.Count), 1, Math.Max(micro.Size, 2 * least - 1));
                }
            }
        }
    }

    [Fact]
    public void The_whole_batch_is_one_part() => Assert.Equal([(0, 32)], new MicroBatch(32).Parts(32));

    [Fact]
    public void A_batch_that_does_not_fit_is_halved_until_it_fits_and_stays_so()
    {
        var log = new RecordingLog();
        var retry = new MicroBatchRetry(new MicroBatch(32), log);
        List<int> attempts = [];

        int first = retry.Run(Fits);
        int second = retry.Run(Fits);

        Assert.Equal((8, 8), (first, second));
        Assert.Equal([32, 16, 8, 8], attempts);
        Assert.Equal(2, log.Lines.Count);
        Assert.Contains("8 images at once", log.Lines[1], StringComparison.Ordinal);

        int Fits(MicroBatch micro)
        {
            attempts.Add(micro.Size);
            return micro.Size <= 8 ? micro.Size : throw new LibTorchException("CUDA out of memory. Tried to allocate 2.00 GiB");
        }
    }

    [Fact]
    public void If_the_smallest_part_does_not_fit_the_error_is_that_of_the_device()
    {
        var retry = new MicroBatchRetry(new MicroBatch(4, least: 2), new RecordingLog());

        Assert.Throws<LibTorchException>(() => retry.Run<int>(static _ => throw new LibTorchException("CUDA out of memory")));

        Assert.Equal(2, retry.Current.Size);
    }

    [Fact]
    public void Other_errors_are_not_tried_again()
    {
        var retry = new MicroBatchRetry(new MicroBatch(4), new RecordingLog());
        int attempts = 0;

        Assert.Throws<LibTorchException>(() => retry.Run<int>(_ =>
        {
            attempts++;
            throw new LibTorchException("CUDA error: device-side assert triggered");
        }));

        Assert.Equal(1, attempts);
    }
}
