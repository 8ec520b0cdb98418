using FineTune.Training.Diagnostics;
using ModelSpec.Diagnostics;

namespace Training.Tests.Quality;

public class QualityGateTests
{
    /// <summary>A change that trains the second stage again, with the same test images.</summary>
    private static readonly (string, string) Slower = ("learning_rate = 0.01\nmomentum", "learning_rate = 0.005\nmomentum");

    [Fact]
    public void A_training_below_the_required_accuracy_is_an_error_at_the_key_and_a_looser_requirement_needs_no_new_training()
    {
        using TinyProject project = QualityProjects.Gray();

        Diagnostic diagnostic = project.TrainAndFail(project.ReadWith("min_accuracy = 0.9"));

        string rejected = project["tiny.evaluation/rejected-training.json"];
        Assert.Equal("MSPEC3110", diagnostic.Descriptor.Code);
        Assert.Equal((11, 16), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains("The test accuracy of TinyClassifier is 50%, but min_accuracy = 0.9 requires 90%. No weights and no lock were written", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(rejected, diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("\"stage\": \"fine-tune\"", File.ReadAllText(rejected), StringComparison.Ordinal);
        Assert.False(File.Exists(project.Lock));

        var log = new RecordingLog();
        project.BringUpToDate(project.ReadWith("min_accuracy = 0.5"), log);

        Assert.Contains("TinyClassifier: fine-tune is in the cache", log.Lines);
        Assert.DoesNotContain(log.Lines, static line => line.Contains(" epoch ", StringComparison.Ordinal));
        Assert.True(File.Exists(project.Lock));
        Assert.False(File.Exists(rejected));
    }

    [Fact]
    public void A_rejected_training_leaves_weights_and_lock_as_they_were()
    {
        using TinyProject project = QualityProjects.Gray();
        byte[] weights = project.Train(project.Read());
        // As if the locked training had been much better.
        string text = File.ReadAllText(project.Lock).Replace("test_accuracy = 0.5\n", "test_accuracy = 0.9\n", StringComparison.Ordinal);
        File.WriteAllText(project.Lock, text);

        Diagnostic diagnostic = Fail(project, "max_drop = 0.25", Slower);

        Assert.Equal("MSPEC3111", diagnostic.Descriptor.Code);
        Assert.Equal((11, 12), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains("is 50%, 40 points below the 90% of the lock, but max_drop = 0.25 allows 25. The weights and the lock are unchanged", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(project.Output));
        Assert.Equal(text, File.ReadAllText(project.Lock));

        project.BringUpToDate(project.ReadWith("max_drop = 0.4", Slower));

        Assert.NotEqual(text, File.ReadAllText(project.Lock));
    }

    [Fact]
    public void Accuracies_of_other_test_images_are_not_compared_and_the_log_says_so()
    {
        using TinyProject project = QualityProjects.Gray();
        project.Train(project.Read());
        File.WriteAllText(project.Lock, File.ReadAllText(project.Lock).Replace("test_accuracy = 0.5\n", "test_accuracy = 0.9\n", StringComparison.Ordinal));
        var log = new RecordingLog();

        project.BringUpToDate(project.ReadWith("max_drop = 0.01", ("seed = 7", "seed = 8")), log);

        Assert.Contains("TinyClassifier: not compared with the 90.00% of the lock, which was measured on other test images; max_drop is not checked", log.Lines);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_that_are_up_to_date_are_checked_too(bool isLocked)
    {
        using TinyProject project = QualityProjects.Gray();
        byte[] weights = project.Train(project.Read());

        var log = new RecordingLog();
        project.BringUpToDate(project.ReadWith("min_accuracy = 0.5\nmax_drop = 0.0"), log, locked: isLocked);
        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.BringUpToDate(project.ReadWith("min_accuracy = 0.51"), locked: isLocked)).Diagnostic;

        Assert.Contains("up to date", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.Equal("MSPEC3110", diagnostic.Descriptor.Code);
        Assert.Contains("It is that of the lock.", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(project.Output));
    }

    [Fact]
    public void A_training_that_replaces_another_is_compared_with_it_image_by_image()
    {
        using TinyProject project = QualityProjects.Gray();
        project.Train(project.Read());
        RecordingLog known = new(), unknown = new();

        project.BringUpToDate(project.Read(Slower), known);
        Directory.Delete(Path.Combine(project.Cache, "answers"), recursive: true);
        project.BringUpToDate(project.Read(("learning_rate = 0.01\nmomentum", "learning_rate = 0.002\nmomentum")), unknown);

        Assert.Contains(known.Lines, static line => line.StartsWith("TinyClassifier: as accurate as the lock (50.00%), not distinguishable from chance (p = 1.0: ", StringComparison.Ordinal));
        Assert.Contains(unknown.Lines, static line => line.StartsWith("TinyClassifier: as accurate as the lock (50.00%), but whether that is chance is not known", StringComparison.Ordinal));
    }

    [Fact]
    public void The_lock_and_the_log_have_the_interval_of_the_accuracy_and_locks_without_it_are_still_valid()
    {
        using TinyProject project = QualityProjects.Gray();
        var log = new RecordingLog();
        project.Train(project.Read(), log);
        string text = File.ReadAllText(project.Lock);

        // Wilson's interval of 4 of 8.
        Assert.Contains(log.Lines, static line => line.Contains("after fine-tune, test accuracy 50.00% (4 of 8), 95% interval 21.5% to 78.5%, loss ", StringComparison.Ordinal));
        Assert.Contains("test_accuracy = 0.5\ntest_images = 8\ntest_interval = [0.215216, 0.784784]\n", text, StringComparison.Ordinal);

        string[] former = [.. text.Split('\n').Where(static line => !line.StartsWith("test_i", StringComparison.Ordinal) && !line.StartsWith("test_digest", StringComparison.Ordinal))];
        File.WriteAllText(project.Lock, string.Join('\n', former));
        var again = new RecordingLog();
        project.BringUpToDate(project.Read(), again, locked: true);
        RecordingLog replaced = new();
        project.BringUpToDate(project.Read(Slower), replaced);

        Assert.Contains("up to date", Assert.Single(again.Lines), StringComparison.Ordinal);
        Assert.Contains(replaced.Lines, static line => line.Contains("as accurate as the lock", StringComparison.Ordinal));
    }

    private static Diagnostic Fail(TinyProject project, string quality, params (string, string)[] changes) =>
        Assert.Throws<TrainingException>(() => project.BringUpToDate(project.ReadWith(quality, changes))).Diagnostic;
}
