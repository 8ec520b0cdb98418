using FineTune.Training;
using FineTune.Training.Locks;

namespace Training.Tests.Locks;

public class FileDigestsTests
{
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
        // The link is listed, but its target does not exist.
        File.CreateSymbolicLink(project["pictures/Red-Sky/03.png"], project["nothing"]);

        var error = Assert.Throws<FineTune.Training.Diagnostics.TrainingException>(() => project.Train(spec));

        Assert.Equal("MSPEC3042", error.Diagnostic.Descriptor.Code);
        Assert.Equal(7, error.Diagnostic.Span.Line);
    }
}
