using System.Globalization;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;

namespace Training.Tests.Checkpoints;

public class ResumeTests
{
    private static readonly (string, string) Validated = ("{ train = 0.75, test = 0.25 }", "{ train = 0.5, validation = 0.25, test = 0.25 }");

    /// <summary>The trained specs, as changes of the tiny spec's second stage.</summary>
    public static TheoryData<string> Settings =>
    [
        "optimizer = \"sgd\"\nlearning_rate = 0.01\nmomentum = 0.9",
        "optimizer = \"sgd\"\nlearning_rate = 0.01",
        "optimizer = \"sgd\"\nlearning_rate = 0.01\nmomentum = 0.9\nnesterov = true\nweight_decay = 0.01",
        "optimizer = \"sgd\"\nlearning_rate = 0.01\nmomentum = 0.9\nlayer_decay = 0.5",
        "optimizer = \"rmsprop\"\nlearning_rate = 0.01",
        "optimizer = \"rmsprop\"\nlearning_rate = 0.01\nmomentum = 0.5\ncentered = true",
        "optimizer = \"adam\"\nlearning_rate = 0.01\namsgrad = true",
        "optimizer = \"adamw\"\nlearning_rate = 0.01\nschedule = \"cosine\"\nwarmup_epochs = 1\nbackbone_learning_rate = 0.001",
        "optimizer = \"adam\"\nlearning_rate = 0.01\nearly_stopping = 2\nclip_norm = 1",
    ];

    [Theory]
    [MemberData(nameof(Settings))]
    public void An_interrupted_training_goes_on_to_the_same_bytes(string settings)
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(
            Validated, ("freeze = \"0..4\"", "freeze = \"none\""),
            ("epochs = 3\nbatch_size = 4\noptimizer = \"sgd\"\nlearning_rate = 0.01\nmomentum = 0.9", "epochs = 6\nbatch_size = 4\n" + settings),
            ("[backbone]", "[data.augment]\nrotation = 20\n\n[backbone]"));
        byte[] whole = project.Train(spec);

        for (int epoch = 1; epoch <= 6; epoch++)
        {
            Fresh(project);
            using (Obstacle(project, spec, epoch))
            {
                // With early stopping, it may be done before.
                Diagnostic? stopped = Record(() => project.BringUpToDate(spec));
                if (stopped is null) break;
                Assert.Equal("MSPEC3014", stopped.Descriptor.Code);
            }
            var log = new RecordingLog();
            Assert.Equal(whole, project.BringUpToDate(spec, log));
            if (epoch > 1) Assert.Contains(log.Lines, l => l == $"TinyClassifier: fine-tune resumes after epoch {epoch - 1}");
        }
    }

    [Fact]
    public void A_damaged_checkpoint_is_reported_and_the_one_before_it_is_used()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read(("epochs = 3\nbatch_size = 4\noptimizer = \"sgd\"", "epochs = 6\nbatch_size = 4\noptimizer = \"sgd\""));
        byte[] whole = project.Train(spec);
        Fresh(project);
        using (Obstacle(project, spec, 5)) Record(() => project.BringUpToDate(spec));
        string[] checkpoints = [.. Directory.GetFiles(Path.Combine(project.Cache, "checkpoints"), "epoch-*", SearchOption.AllDirectories).Order()];
        Assert.Equal(["epoch-0000003.checkpoint", "epoch-0000004.checkpoint"], checkpoints.Select(static c => Path.GetFileName(c)!));
        byte[] bytes = File.ReadAllBytes(checkpoints[1]);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(checkpoints[1], bytes);
        var log = new RecordingLog();

        Assert.Equal(whole, project.BringUpToDate(spec, log));

        Assert.Equal("MSPEC3010", Assert.Single(log.Diagnostics).Descriptor.Code);
        Assert.Contains("TinyClassifier: fine-tune resumes after epoch 3", log.Lines);
        Assert.Empty(Directory.GetFiles(Path.Combine(project.Cache, "checkpoints"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_result_that_cannot_be_kept_when_a_stage_ends_loses_nothing()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        byte[] whole = project.Train(spec);
        string fingerprint = project.LastStage(spec);
        Fresh(project);
        using (new Obstruction(Path.Combine(project.Cache, "stages", fingerprint + ".json")))
        {
            Assert.Equal("MSPEC3002", Record(() => project.BringUpToDate(spec))?.Descriptor.Code);
        }
        var log = new RecordingLog();

        Assert.Equal(whole, project.BringUpToDate(spec, log));
        Assert.Contains("TinyClassifier: fine-tune resumes after epoch 3", log.Lines);
    }

    private static Diagnostic? Record(Action action) => (Xunit.Record.Exception(action) as TrainingException)?.Diagnostic;

    private static void Fresh(TinyProject project)
    {
        File.Delete(project.Output);
        File.Delete(project.Lock);
        Directory.Delete(project.Cache, recursive: true);
    }

    /// <summary>Makes the writing of a checkpoint of the last stage fail: a folder has its name.</summary>
    private static Obstruction Obstacle(TinyProject project, SpecSource spec, int epoch) => new(Path.Combine(
        project.Cache, "checkpoints", project.LastStage(spec), string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch:0000000}.checkpoint")));

    private sealed class Obstruction : IDisposable
    {
        private readonly string _path;

        public Obstruction(string path)
        {
            _path = path;
            Directory.CreateDirectory(path);
        }

        public void Dispose() => Directory.Delete(_path);
    }
}
