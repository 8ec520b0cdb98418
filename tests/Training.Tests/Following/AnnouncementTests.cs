using FineTune.Training;
using FineTune.Training.Assets;
using FineTune.Training.Following;

namespace Training.Tests.Following;

public class AnnouncementTests
{
    private static readonly Began Began = new(
        "App", "/specs/app.modelspec", DateTimeOffset.UnixEpoch, "cpu", "fp32", 1020, [new PlannedStage("warm-up", 25), new PlannedStage("settle", 1)]);

    private static readonly PastTraining Last = new(Began, new Ended(TrainingOutcome.Trained, 404), IsWhole: true);

    [Fact]
    public void It_says_what_trains_how_long_as_far_as_is_known_and_how_to_follow_it()
    {
        Assert.Equal(
            "App: training warm-up (25 epochs), settle (1 epoch) of 1020 images on cpu in fp32; the first epochs will show how long it takes. "
            + "Follow it with: finetune watch --interactive",
            TrainingOutline.Announce(Began, null, "finetune watch"));

        Assert.Contains("; it took 6:44 the last time. ", TrainingOutline.Announce(Began, Last, ""), StringComparison.Ordinal);
        Assert.Contains(
            "; the last training took 6:44 with warm-up (25 epochs), settle (1 epoch) of 1020 images on cpu in fp32. ",
            TrainingOutline.Announce(Began with { Images = 3000 }, Last, ""), StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_that_was_not_whole_is_no_estimate()
    {
        PastTraining[] others =
        [
            Last with { IsWhole = false },
            Last with { Ended = null },
            Last with { Ended = new Ended(TrainingOutcome.Cancelled, 3) },
        ];

        Assert.All(others, static other => Assert.Contains("the first epochs will show", TrainingOutline.Announce(Began, other, ""), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/home/x/.dotnet/tools/finetune", "/opt/finetune.dll", "/home/x/.cache/finetune", "finetune watch")]
    [InlineData("/usr/bin/dotnet", "/home/x/.nuget/packages/a/finetune.dll", "/home/x/.cache/finetune", "dotnet ~/.nuget/packages/a/finetune.dll watch")]
    [InlineData("/usr/bin/dotnet", "/home/x/my packages/finetune.dll", "/var/own cache", "dotnet \"/home/x/my packages/finetune.dll\" watch --cache \"/var/own cache\"")]
    public void The_command_works_where_the_tool_is_not_installed(string process, string assembly, string cache, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the paths are Unix's");
        Assert.Equal(expected, FollowCommand.Of(process, assembly, cache, "/home/x/.cache/finetune", "/home/x"));
    }

    [Fact]
    public void Only_a_training_is_announced_and_concluded()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();

        string[] first = Announced(project, spec);
        Assert.Equal(2, first.Length);
        Assert.StartsWith(
            "TinyClassifier: training warm-up (3 epochs), fine-tune (3 epochs) of 24 images on cpu in ", first[0], StringComparison.Ordinal);
        Assert.Matches(@"^TinyClassifier: trained in \d:\d\d, test accuracy \d+\.\d\d%\. Its epochs: follow --last --interactive$", first[1]);

        // Up to date, restored, and trained again without anything to train, as all stages are in the cache.
        Assert.Empty(Announced(project, spec));
        File.Delete(project.Output);
        Assert.Empty(Announced(project, spec));
        File.Delete(project.Lock);
        Assert.Empty(Announced(project, spec));

        // Only the second stage.
        SpecSource changed = project.Read(("momentum = 0.9", "momentum = 0.8"));
        Assert.Contains("training fine-tune (3 epochs) of 24 images", Announced(project, changed)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_whole_training_knows_how_long_the_first_one_took()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        Assert.Contains("the first epochs will show", Announced(project, spec)[0], StringComparison.Ordinal);

        Assert.Matches(@"; it took \d:\d\d the last time\.", Announced(project, project.Read(("seed = 7", "seed = 8")))[0]);
    }

    private static string[] Announced(TinyProject project, SpecSource spec)
    {
        var log = new RecordingLog();
        new FineTuning(spec, new FineTuningOptions(project.Output, "cpu", new AssetFolders([], project.Cache), FollowCommand: "follow"), log).Run(CancellationToken.None);
        return [.. log.Lines.Where(static line => line.Contains("--interactive", StringComparison.Ordinal))];
    }
}
