using FineTune.Training.Diagnostics;
using FineTune.Training.Quality;
using ModelSpec.Diagnostics;
using ModelSpec.Locks;

namespace Training.Tests.Quality;

public class CrossValidationTests
{
    [Fact]
    public void A_cross_validation_is_in_log_and_lock_and_does_not_change_the_weights()
    {
        using TinyProject project = QualityProjects.Gray();
        byte[] without = project.Train(project.Read());
        var log = new RecordingLog();

        byte[] with = project.Train(project.ReadWith("cross_validation = 3"), log);

        // 12 training images of each class; each fold has 4 of each, all with one answer.
        Assert.Equal(without, with);
        Assert.Contains("TinyClassifier: cross-validation of warm-up, fold 3 of 3, accuracy 50.00% (4 of 8)", log.Lines);
        Assert.Contains("TinyClassifier: cross-validation of warm-up in 3 folds of 24 training images, accuracy 50.00% ± 0.00% (mean and standard deviation)", log.Lines);
        Assert.Contains("[cross_validation]\naccuracies = [0.5, 0.5, 0.5]\naccuracy = 0.5\ndeviation = 0\nfolds = 3\nimages = 24\n", File.ReadAllText(project.Lock), StringComparison.Ordinal);
        Assert.DoesNotContain(TrainingLock.Read(File.ReadAllText(project.Lock), "x").Value!.Inputs, static fact => fact.Table == TrainingLock.CrossValidation);
    }

    [Fact]
    public void It_is_run_without_a_training_kept_in_the_cache_and_removed_with_its_key()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        string former = File.ReadAllText(project.Lock);

        List<string> first = Update("cross_validation = 3");
        string text = File.ReadAllText(project.Lock);
        List<string> again = Update("cross_validation = 3");
        File.WriteAllText(project.Lock, former);
        List<string> cached = Update("cross_validation = 3");
        Assert.Equal(text, File.ReadAllText(project.Lock));
        List<string> other = Update("cross_validation = 2");
        Update("min_accuracy = 0.1");

        Assert.Contains(first, static line => line.Contains("fold 1 of 3", StringComparison.Ordinal));
        Assert.DoesNotContain(first, static line => line.Contains(" epoch ", StringComparison.Ordinal));
        Assert.Contains("up to date", Assert.Single(again), StringComparison.Ordinal);
        Assert.Contains(cached, static line => line.Contains("cross-validation of warm-up in 3 folds", StringComparison.Ordinal));
        Assert.DoesNotContain(cached, static line => line.Contains("fold 1 of 3", StringComparison.Ordinal));
        Assert.Contains(other, static line => line.Contains("fold 2 of 2", StringComparison.Ordinal));
        Assert.Equal(former, File.ReadAllText(project.Lock));

        List<string> Update(string quality)
        {
            var log = new RecordingLog();
            project.BringUpToDate(project.ReadWith(quality), log);
            return log.Lines;
        }
    }

    // In each case, the heads learn from and are evaluated on what the stage and predictions use.
    [Theory]
    [InlineData("[data.augment]\nhorizontal_flip = true\nviews = 2\n\n[predict]\nmirror = true\n\n", "{ train = 0.75, test = 0.25 }", "")]
    [InlineData("[data.augment]\nrotation = 10\n\n", "{ train = 0.75, test = 0.25 }", "class_weights = \"balanced\"\n")]
    [InlineData("", "{ train = 0.5, validation = 0.25, test = 0.25 }", "early_stopping = 1\n")]
    public void It_gives_the_same_figures_each_time(string tables, string split, string keys)
    {
        using var project = new TinyProject();
        var spec = project.ReadWith(
            "cross_validation = 2", ("{ train = 0.75, test = 0.25 }", split), ("[head]", tables + "[head]"), ("freeze = \"backbone\"", keys + "freeze = \"backbone\""));

        project.Train(spec);
        string first = File.ReadAllText(project.Lock);
        project.Train(spec);

        Assert.Contains("[cross_validation]", first, StringComparison.Ordinal);
        Assert.Equal(first, File.ReadAllText(project.Lock));
    }

    [Fact]
    public void Report_and_model_card_are_written_again_with_the_figures()
    {
        using var project = new TinyProject();
        (string, string) exports = ("[head]", "[[export]]\nformat = \"report\"\nexamples = 0\n\n[[export]]\nformat = \"model-card\"\n\n[head]");
        project.Train(project.Read(exports));
        Assert.DoesNotContain("cross-validation", File.ReadAllText(project["tiny.model-card.md"]), StringComparison.Ordinal);

        project.BringUpToDate(project.ReadWith("cross_validation = 2", exports));

        Assert.Contains("cross-validation of the first stage: mean and standard deviation of 2 folds", File.ReadAllText(project["tiny.report.html"]), StringComparison.Ordinal);
        Assert.Contains("over 2 folds", File.ReadAllText(project["tiny.model-card.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_with_fewer_images_than_folds_is_an_error_at_the_key_after_the_weights_were_written()
    {
        using var project = new TinyProject();

        Diagnostic diagnostic = Assert.Throws<TrainingException>(() => project.Train(project.ReadWith("cross_validation = 13"))).Diagnostic;

        Assert.Equal("MSPEC3112", diagnostic.Descriptor.Code);
        Assert.Equal((11, 20), (diagnostic.Span.Line, diagnostic.Span.Column));
        Assert.Contains("The class 'red sky' has 12 readable training images", diagnostic.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(project.Output));
    }

    [Fact]
    public void It_is_skipped_where_the_dataset_is_not_and_in_locked_mode()
    {
        using var project = new TinyProject();
        project.Train(project.Read());
        RecordingLog locked = new(), elsewhere = new();

        project.BringUpToDate(project.ReadWith("cross_validation = 2"), locked, locked: true);
        Directory.Move(project["pictures"], project["elsewhere"]);
        project.BringUpToDate(project.ReadWith("cross_validation = 2"), elsewhere);

        Assert.Single(locked.Lines);
        Assert.Contains(elsewhere.Lines, static line => line.Contains("the cross-validation is skipped", StringComparison.Ordinal));
    }

    [Fact]
    public void Folds_are_disjoint_cover_all_images_and_have_every_class_in_its_proportion()
    {
        long[] images = [.. Enumerable.Range(0, 100).Where(static i => i % 7 != 0).Select(static i => (long)i)], labels = [.. images.Select(static i => i % 10 < 3 ? 0L : 1L)];

        IReadOnlyList<long[]> folds = FoldDivision.Of(images, labels, 4, seed: 9);

        Assert.Equal(images, folds.SelectMany(static fold => fold).Order());
        Assert.InRange(folds.Max(static fold => fold.Length) - folds.Min(static fold => fold.Length), 0, 1);
        int[] ofFirst = [.. folds.Select(static fold => fold.Count(static i => i % 10 < 3))];
        Assert.InRange(ofFirst.Max() - ofFirst.Min(), 0, 1);
        Assert.Equal(folds, FoldDivision.Of(images, labels, 4, seed: 9));
        Assert.NotEqual(folds, FoldDivision.Of(images, labels, 4, seed: 10));
    }

    [Fact]
    public void Mean_and_deviation_are_those_of_the_folds()
    {
        var result = new CrossValidationResult([new Fold(10, 8), new Fold(10, 9), new Fold(10, 10)]);

        Assert.Equal(0.9, result.Accuracy, 12);
        Assert.Equal(0.1, result.Deviation, 12);
    }
}
