using FineTune.Training;
using FineTune.Training.Locks;

namespace Training.Tests.Locks;

public class StageCacheTests
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

        StageCache.Trim([.. files, undeletable], budget: 200);

        Assert.Equal([folder["0.bin"], folder["2.bin"]], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
        Assert.True(Directory.Exists(undeletable.FullName));
    }

    [Fact]
    public void Weights_that_cannot_be_written_leave_nothing_in_the_cache()
    {
        using var folder = new TemporaryFolder();
        var cache = new StageCache(folder.Path);

        Assert.Throws<InvalidOperationException>(() => cache.Save("sha256:00", null!, static path =>
        {
            File.WriteAllText(path, "half");
            throw new InvalidOperationException();
        }));

        Assert.Empty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_file_that_cannot_be_read_has_no_digest()
    {
        using var folder = new TemporaryFolder();
        string missing = folder["none.bin"];

        Assert.ThrowsAny<IOException>(() => FileDigests.Compute(missing));
        Assert.ThrowsAny<IOException>(() => new FileDigests(null).Of(missing));
        Assert.Null(FileDigests.ComputeOrNull(missing));
    }

    [Fact]
    public void Digesting_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("a.bin", new byte[10]);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => FileDigests.Compute(file, cancellation.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => new FileDigests(null).Of(file, cancellation.Token));
    }

    [Fact]
    public void An_image_that_is_gone_when_it_is_digested_is_an_error_at_the_dataset()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        File.Delete(project["pictures/Red-Sky/03.png"]);
        // It is listed, but there is nothing behind its name.
        File.CreateSymbolicLink(project["pictures/Red-Sky/03.png"], project["nothing"]);

        var error = Assert.Throws<FineTune.Training.Diagnostics.TrainingException>(() => project.Train(spec));

        Assert.Equal("MSPEC3042", error.Diagnostic.Descriptor.Code);
        Assert.Equal(7, error.Diagnostic.Span.Line);
    }
}
