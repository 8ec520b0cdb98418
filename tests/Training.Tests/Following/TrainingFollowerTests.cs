using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Following;
using FineTune.Training.Stages;
using FineTune.Training.Terminal;
using ModelSpec.Text;
using Spectre.Console;

namespace Training.Tests.Following;

public class TrainingFollowerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_lines_are_those_of_the_training()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        string progress = Path.Combine(project.Cache, "progress");
        var trained = new RecordingLog();
        var followed = new RecordingLog();
        var follower = new TrainingFollower(progress, path => path == project["tiny.modelspec"], followed);

        Task<bool> following = Task.Run(() => follower.Run(waits: true, Cancellation), Cancellation);
        // The training is over only after it was seen.
        project.BringUpToDate(spec, new WaitingLog(trained, () => Has(followed, "TinyClassifier: trains ")));

        Assert.True(await following);
        Assert.True(follower.AllTrained);
        Assert.StartsWith("TinyClassifier: trains warm-up (3 epochs), fine-tune (3 epochs) of 24 images on cpu in fp32, since ", followed.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("TinyClassifier: trained after ", followed.Lines[^1], StringComparison.Ordinal);
        // Before the training, it said why it trains.
        Assert.Equal(trained.Lines.SkipWhile(static line => line.Contains("trains, as", StringComparison.Ordinal)), followed.Lines[1..^1]);
        Assert.Contains(followed.Lines, static line => line.StartsWith("TinyClassifier: fine-tune epoch 3/3, loss ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Several_trainings_are_followed_at_a_time_until_the_last_one_has_ended()
    {
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();
        var follower = new TrainingFollower(folder.Path, static _ => true, log);
        Task<bool>? following = null;

        FollowedTrainings.Play(folder.Path, folder["sky.modelspec"], sky =>
        {
            sky.Line("sky 1");
            FollowedTrainings.Play(folder.Path, folder["sea.modelspec"], sea =>
            {
                sea.Line("sea 1");
                following = Task.Run(() => follower.Run(waits: false, Cancellation), Cancellation);
                WaitFor(log, "sky 1");
                WaitFor(log, "sea 1");
            }, "Sea");
            WaitFor(log, "Sea: trained after ");
            Assert.False(following!.IsCompleted);
            sky.Line("sky 2");
        });

        Assert.True(await following!);
        Assert.Contains("sky 2", log.Lines);
        Assert.True(follower.AllTrained);
    }

    [Fact]
    public async Task Only_what_was_asked_for_is_followed_and_a_training_that_failed_is_told()
    {
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();
        var follower = new TrainingFollower(folder.Path, path => path == folder["sky.modelspec"], log);
        Task<bool>? following = null;

        FollowedTrainings.Play(folder.Path, folder["sea.modelspec"], sea =>
        {
            sea.Line("sea");
            Assert.False(follower.Run(waits: false, Cancellation));
            Assert.Throws<TrainingException>(() => FollowedTrainings.Play(folder.Path, folder["sky.modelspec"], sky =>
            {
                sky.Line("sky");
                following = Task.Run(() => follower.Run(waits: false, Cancellation), Cancellation);
                WaitFor(log, "sky");
                throw new SpecLocation("sky.modelspec", SourceSpan.FileStart).Error(TrainingDiagnostics.Diverged, "warm-up", double.NaN, 2, 0.1);
            }));
        });

        Assert.True(await following!);
        Assert.False(follower.AllTrained);
        Assert.DoesNotContain("sea", log.Lines);
        Assert.Equal("MSPEC3003", Assert.Single(log.Diagnostics).Descriptor.Code);
        Assert.StartsWith("App: failed after ", log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainer_that_was_killed_is_not_waited_for()
    {
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();
        var follower = new TrainingFollower(folder.Path, static _ => true, log);
        ProgressFile file = ProgressFile.New(folder.Path, folder["sky.safetensors"]);
        // What a killed process leaves: no last message, and a lock file that nobody has open.
        var held = new FileStream(file.Lock, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        File.WriteAllText(file.Path, FollowedTrainings.Began(folder["sky.modelspec"]).ToJson() + "\n" + new Said("half").ToJson()[..5]);
        Task<bool> following = Task.Run(() => follower.Run(waits: false, Cancellation), Cancellation);
        WaitFor(log, "App: trains ");
        Assert.False(following.IsCompleted);

        await held.DisposeAsync();

        Assert.True(await following);
        Assert.False(follower.AllTrained);
        Assert.Equal("MSPEC3085", Assert.Single(log.Diagnostics).Descriptor.Code);
        Assert.False(new TrainingFollower(folder.Path, static _ => true, log).Run(waits: false, Cancellation));
    }

    [Fact]
    public void The_last_training_can_be_shown_when_it_is_over()
    {
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();
        var follower = new TrainingFollower(folder.Path, static _ => true, log);
        Assert.False(follower.ShowLast());

        FollowedTrainings.Play(folder.Path, folder["sky.modelspec"], static sky => sky.Line("sky"));
        Assert.Throws<OperationCanceledException>(() => FollowedTrainings.Play(folder.Path, folder["sea.modelspec"], static sea => throw new OperationCanceledException()));

        Assert.True(new TrainingFollower(folder.Path, path => path == folder["sky.modelspec"], log).ShowLast());
        Assert.Equal("sky", log.Lines[1]);
        Assert.True(follower.ShowLast());
        Assert.StartsWith("App: cancelled after ", log.Lines[^1], StringComparison.Ordinal);
        Assert.False(follower.AllTrained);
    }

    [Fact]
    public void The_live_view_of_two_trainings_tells_them_apart()
    {
        var view = new TrainingView(hasBlocks: false);
        view.Add(new EpochProgress("Sky", "warm-up", 1, 3, 0.5, 0.25, null, 10, TimeSpan.Zero));
        Assert.DoesNotContain("Sky", Draw(view), StringComparison.Ordinal);

        view.Add(new EpochProgress("Sea", "warm-up", 2, 3, 0.5, 0.25, null, 10, TimeSpan.Zero));

        string[] rows = Draw(view).Split('\n');
        Assert.Contains("1/3", Assert.Single(rows, static row => row.Contains("Sky", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("2/3", Assert.Single(rows, static row => row.Contains("Sea", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static string Draw(TrainingView view)
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 120;
        console.Write(view.Draw());
        return text.ToString();
    }

    private static bool Has(RecordingLog log, string beginning)
    {
        lock (log.Lines) return log.Lines.Exists(line => line.StartsWith(beginning, StringComparison.Ordinal));
    }

    private static void WaitFor(RecordingLog log, string beginning) => WaitUntil(() => Has(log, beginning));

    private static void WaitUntil(Func<bool> condition)
    {
        while (!condition()) Assert.False(Cancellation.WaitHandle.WaitOne(10));
    }

    /// <summary>Holds the first epoch up until something has happened.</summary>
    private sealed class WaitingLog(RecordingLog log, Func<bool> condition) : IProgressLog
    {
        public void Line(string text) => log.Line(text);

        public void Report(ModelSpec.Diagnostics.Diagnostic diagnostic) => log.Report(diagnostic);

        public void Show(EpochProgress progress)
        {
            WaitUntil(condition);
            if (progress.IsWorthALine) Line(ProgressLines.Of(progress));
        }
    }
}
