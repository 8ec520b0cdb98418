using FineTune.Training.Cache;

namespace Training.Tests.Cache;

public class CacheEntriesTests
{
    [Fact]
    public void An_entry_is_read_as_it_was_written()
    {
        using var folder = new TemporaryFolder();

        CacheEntries.Write(folder["entries/a.json"], new Entry("a", [1, 2]));

        Entry entry = CacheEntries.Read<Entry>(folder["entries/a.json"])!;
        Assert.Equal("a", entry.Name);
        Assert.Equal([1, 2], entry.Numbers);
    }

    [Fact]
    public void A_damaged_entry_counts_as_a_missing_one()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a.json"];
        Assert.Null(CacheEntries.Read<Entry>(path));
        CacheEntries.Write(path, new Entry("a", [1, 2]));
        string text = File.ReadAllText(path);

        File.WriteAllText(path, text.Replace("[1,2]", "[1,3]", StringComparison.Ordinal));
        Assert.Null(CacheEntries.Read<Entry>(path));
        File.WriteAllText(path, "");
        Assert.Null(CacheEntries.Read<Entry>(path));
    }

    private sealed record Entry(string Name, int[] Numbers);
}
