using System.Globalization;
using FineTune.Training;
using FineTune.Training.Diagnostics;

namespace Training.Tests.Stages;

/// <summary>A network with shortcuts is trained like a chain. Its weights do not depend on where features are stored or when the training was interrupted.</summary>
public class ResidualTrainingTests
{
    private const string Backbone = """
        name = "tiny"
        input = [16, 16]
        layers = [
          { name = "input", type = "input" },
          { name = "conv1", type = "conv2d", filters = 4, kernel = 3, bias = false },
          { name = "bn1", type = "batch_norm" },
          { name = "relu1", type = "relu6" },
          { name = "conv2", type = "depthwise_conv2d", kernel = 3, bias = false },
          { name = "bn2", type = "batch_norm" },
          { name = "add2", type = "add", from = ["bn2", "relu1"] },
          { name = "relu2", type = "relu" },
          { name = "conv3", type = "conv2d", filters = 6, kernel = 3, stride = 2, bias = false },
          { name = "bn3", type = "batch_norm" },
          { name = "down", type = "conv2d", filters = 6, kernel = 1, stride = 2, from = "relu2" },
          { name = "add3", type = "add", from = ["bn3", "down"] },
        ]
        """;

    private const string Views = "[data.augment]\nrotation = 20\nhorizontal_flip = true\nviews = 2\n";

    /// <summary>What a second stage freezes, and the layers whose output is kept: before the cut, no shortcut is open.</summary>
    public static TheoryData<string, int> Cuts => new()
    {
        { "..relu2", 8 },
        { "..bn3", 8 },
        { "..conv2", 4 },
        { "..relu1, batch_norms", 4 },
        { "batch_norms", 1 },
    };

    [Theory]
    [MemberData(nameof(Cuts))]
    public void An_interrupted_training_goes_on_to_the_same_bytes(string freeze, int cut)
    {
        using TinyProject project = Project(freeze, out SpecSource spec);
        Assert.Equal(cut, spec.Plan.FrozenPrefix(spec.Plan.Stages[1]));
        byte[] whole = project.Train(spec);

        File.Delete(project.Output);
        File.Delete(project.Lock);
        Directory.Delete(project.Cache, recursive: true);
        string obstacle = Path.Combine(project.Cache, "checkpoints", project.LastStage(spec), string.Create(CultureInfo.InvariantCulture, $"epoch-{3:0000000}.checkpoint"));
        Directory.CreateDirectory(obstacle);
        Assert.Equal("MSPEC3014", Assert.Throws<TrainingException>(() => project.BringUpToDate(spec)).Diagnostic.Descriptor.Code);
        Directory.Delete(obstacle);
        var log = new RecordingLog();

        Assert.Equal(whole, project.BringUpToDate(spec, log));
        Assert.Contains("TinyClassifier: fine-tune resumes after epoch 2", log.Lines);
        Assert.Empty(log.Diagnostics);
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Without_memory_to_keep_features_the_same_weights_come_out(string freeze, int cut)
    {
        using TinyProject project = Project(freeze, out SpecSource spec);
        Assert.Equal(cut, spec.Plan.FrozenPrefix(spec.Plan.Stages[1]));

        byte[] inMemory = project.Train(spec);

        Assert.Equal(inMemory, project.Train(spec, memory: 0));
    }

    /// <summary>The first stage's pass keeps the same features for the second stage that this stage would compute itself.</summary>
    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_stage_that_begins_with_a_cached_result_before_it_ends_with_the_same_weights(string freeze, int cut)
    {
        using TinyProject project = Project(freeze, out SpecSource spec);
        Assert.Equal(cut, spec.Plan.FrozenPrefix(spec.Plan.Stages[1]));
        byte[] whole = project.Train(spec);
        string last = project.LastStage(spec);
        File.Delete(project.Output);
        File.Delete(project.Lock);
        foreach (string result in Directory.GetFiles(project.Cache, last + "*", SearchOption.AllDirectories)) File.Delete(result);
        var log = new RecordingLog();

        Assert.Equal(whole, project.BringUpToDate(spec, log));
        Assert.DoesNotContain(log.Lines, static l => l.Contains("warm-up epoch", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.Contains("fine-tune epoch", StringComparison.Ordinal));
    }

    private static TinyProject Project(string freeze, out SpecSource spec)
    {
        var project = new TinyProject();
        project.Write("tiny.backbone", Backbone);
        spec = project.Read(("freeze = \"0..4\"", $"freeze = \"{freeze}\""), ("[backbone]", Views + "\n[backbone]"));
        return project;
    }
}
