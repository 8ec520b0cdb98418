using FineTune.Training.Cache;

namespace Training.Tests.Cache;

public class WeightCacheTests
{
    [Fact]
    public void Weights_that_cannot_be_written_leave_nothing_in_the_cache()
    {
        using var folder = new TemporaryFolder();
        var cache = new WeightCache(new CacheFolder(folder.Path));

        Assert.Throws<InvalidOperationException>(() => cache.Save("sha256:00", static path =>
        {
            File.WriteAllText(path, "half");
            throw new InvalidOperationException();
        }));

        Assert.Empty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Damaged_weights_are_deleted_and_not_used()
    {
        using var folder = new TemporaryFolder();
        var cache = new WeightCache(new CacheFolder(folder.Path));
        string digest = cache.Save("sha256:00", static path => File.WriteAllText(path, "weights"));
        string kept = cache.Find(digest)!;
        Assert.Equal("weights", File.ReadAllText(kept));

        File.WriteAllText(kept, "weighty");

        Assert.Null(cache.Find(digest));
        Assert.False(File.Exists(kept));
    }
}
