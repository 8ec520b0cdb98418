using FineTune.Training;

namespace Training.Tests.Stages;

/// <summary>The output of frozen layers. Where it is stored affects only the memory.</summary>
public class FeatureTests
{
    private const string Augmented = "[data.augment]\nrotation = 20\nzoom = 0.2\nhorizontal_flip = true\n";

    [Theory]
    [InlineData("")]
    [InlineData(Augmented)]
    [InlineData(Augmented + "views = 2\n")]
    public void Without_memory_to_keep_them_the_same_weights_come_out(string augmentation)
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("[backbone]", augmentation + "\n[backbone]"));

        byte[] inMemory = project.Train(spec);
        byte[] inFiles = project.Train(spec, memory: 0);

        Assert.Equal(inMemory, inFiles);
        Assert.Empty(Directory.GetFiles(Path.Combine(project.Cache, "scratch")));
    }

    [Fact]
    public void Views_are_passes_through_the_frozen_layers_whatever_the_epochs()
    {
        using var project = new TinyProject();
        SpecSource two = project.Read(("[backbone]", Augmented + "views = 2\n\n[backbone]"));
        byte[] withTwo = project.Train(two);
        SpecSource many = project.Read(("[backbone]", Augmented + "views = 3\n\n[backbone]"));
        SpecSource fresh = project.Read(("[backbone]", Augmented + "\n[backbone]"));

        Assert.NotEqual(withTwo, project.Train(many));
        Assert.NotEqual(withTwo, project.Train(fresh));
        Assert.Equal(withTwo, project.Train(two));
    }

    [Fact]
    public void Epochs_go_through_the_views_of_an_image_in_turn()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("[backbone]", Augmented + "views = 3\n\n[backbone]"));
        var augmenter = new FineTune.Training.Processors.Augmenter(spec.Plan.Augmentation!, 1);

        for (long image = 0; image < 4; image++)
        {
            long[] versions = [.. Enumerable.Range(1, 6).Select(epoch => augmenter.Version(image, epoch))];
            Assert.Equal([0, 1, 2], versions.Take(3).Order());
            Assert.Equal(versions.Take(3), versions.Skip(3));
        }
        Assert.NotEqual(augmenter.Version(0, 1), augmenter.Version(1, 1));
    }
}
