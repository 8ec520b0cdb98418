using FineTune.Training.Cache;

namespace Training.Tests.Cache;

public class CacheTrimmingTests
{
    [Fact]
    public void Trimming_deletes_the_least_recently_used_and_does_not_mind_what_others_delete_at_the_same_time()
    {
        using var folder = new TemporaryFolder();
        FileInfo[] files = [.. Enumerable.Range(0, 4).Select(i =>
        {
            string path = folder.Write($"{i}.bin", new byte[100]);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-i));
            return new FileInfo(path);
        })];
        // One was listed and then deleted by another training; one cannot be deleted, as it is a folder now.
        File.Delete(files[1].FullName);
        var undeletable = new FileInfo(folder["folder"]);
        folder.Write("folder/a", "");

        CacheTrimming.Trim([.. files, undeletable], budget: 200);

        Assert.Equal([folder["0.bin"], folder["2.bin"]], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
        Assert.True(Directory.Exists(undeletable.FullName));
    }
}
