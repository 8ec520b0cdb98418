using FineTune.Files;

namespace Training.Tests.Files;

public class AtomicFileTests
{
    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.bin", "old");

        Assert.Throws<IOException>(() => AtomicFile.Write(path, static file =>
        {
            file.WriteByte(1);
            throw new IOException("No space left on device");
        }));

        Assert.Equal([path], Directory.GetFiles(folder.Path));
        Assert.Equal("old", File.ReadAllText(path));
    }

    [Fact]
    public void Of_two_writers_at_a_time_each_succeeds_and_the_last_one_wins()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a.bin"];

        AtomicFile.Write(path, first =>
        {
            first.WriteByte(1);
            AtomicFile.Write(path, static second => second.WriteByte(2));
            Assert.Equal([2], File.ReadAllBytes(path));
        });

        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_writer_that_fails_does_not_take_another_ones_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a.bin"];

        AtomicFile.Write(path, first =>
        {
            first.WriteByte(1);
            Assert.Throws<IOException>(() => AtomicFile.Write(path, static _ => throw new IOException()));
        });

        Assert.Equal([1], File.ReadAllBytes(path));
    }

    [Fact]
    public void What_a_killed_process_left_days_ago_is_removed_and_what_is_being_written_is_not()
    {
        using var folder = new TemporaryFolder();
        string left = folder.Write("a.bin.0123.tmp", "half"), current = folder.Write("a.bin.4567.tmp", "half"), other = folder.Write("b.bin.0123.tmp", "half");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-3));
        File.SetLastWriteTimeUtc(other, DateTime.UtcNow.AddDays(-3));

        AtomicFile.Write(folder["a.bin"], static file => file.WriteByte(1));

        Assert.Equal([folder["a.bin"], current, other], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
    }
}
