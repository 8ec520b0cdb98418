using System.Text;
using FineTune.Training;
using FineTune.Training.Diagnostics;
using FineTune.Training.Following;
using FineTune.Training.Stages;
using ModelSpec.Diagnostics;
using ModelSpec.Text;

namespace Training.Tests.Following;

public class ProgressFileTests
{
    private static readonly EpochProgress Epoch = new("App", "warm-up", 1, 3, 0.5, 0.25, 0.125, 10, TimeSpan.FromSeconds(61.5)) { ValidationLoss = 0.75, IsWorthALine = false };

    [Fact]
    public void Every_message_is_read_as_it_was_written()
    {
        ProgressMessage[] messages =
        [
            new Said("größe: \"quoted\" \\ [brackets]\nsecond line"),
            new Reported("MSPEC1002", Severity.Warning, "a b.modelspec", 3, 7, "'x {0}' is skipped"),
            new EpochEnded(Epoch),
            new EpochEnded(Epoch with { Loss = double.NaN, ImagesPerSecond = double.PositiveInfinity }),
            new StepAdvanced(new StepProgress("App", "warm-up", "features", 64, 1020, 50, TimeSpan.FromDays(2))),
            new Ended(TrainingOutcome.Cancelled, 1.5),
        ];

        foreach (ProgressMessage message in messages)
        {
            string json = message.ToJson();
            Assert.DoesNotContain('\n', json);
            Assert.Equal(message, ProgressMessage.Parse(Encoding.UTF8.GetBytes(json)));
        }
    }

    [Fact]
    public void A_diagnostic_is_printed_as_the_one_that_was_reported()
    {
        Diagnostic reported = new SpecLocation("sky.modelspec", new SourceSpan(10, 3, 2, 8, 2, 11)).At(TrainingDiagnostics.UnreadableImage, "{1}.png", "broken");

        Diagnostic read = Assert.IsType<Reported>(ProgressMessage.Parse(Encoding.UTF8.GetBytes(Reported.Of(reported).ToJson()))).ToDiagnostic();

        Assert.Equal(reported.ToString(), read.ToString());
        Assert.False(read.IsError);
    }

    [Fact]
    public void A_line_is_read_when_it_is_complete_and_damaged_lines_are_left_out()
    {
        using var folder = new TemporaryFolder();
        string line = new Said("größe").ToJson();
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        int half = Encoding.UTF8.GetByteCount(line[..line.IndexOf('ö', StringComparison.Ordinal)]) + 1;
        var file = new ProgressFile(folder.Write("a.jsonl", bytes[..half]));
        using var reader = new ProgressReader(file);

        Assert.Empty(reader.Read());
        Append(bytes[half..]);
        Assert.Equal([new Said("größe")], reader.Read());
        Append(Encoding.UTF8.GetBytes($"{{\"kind\":\"li\n\n{{\"kind\":\"from the future\"}}\n[]\n{line}\n"));
        Assert.Equal([new Said("größe")], reader.Read());
        Assert.Empty(reader.Read());

        void Append(byte[] content)
        {
            using var stream = new FileStream(file.Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            stream.Write(content);
        }
    }

    [Fact]
    public void It_is_alive_until_its_training_has_ended_and_the_next_training_replaces_it()
    {
        using var folder = new TemporaryFolder();
        string spec = folder["sky.modelspec"];

        FollowedTrainings.Play(folder["progress"], spec, _ =>
        {
            ProgressFile running = Assert.Single(ProgressFile.In(folder["progress"]));
            Assert.True(running.IsAlive);
            Assert.Null(running.Read()!.Ended);
        });

        ProgressFile ended = Assert.Single(ProgressFile.In(folder["progress"]));
        Assert.False(ended.IsAlive);
        Assert.Equal(TrainingOutcome.Trained, ended.Read()!.Ended!.Outcome);
        FollowedTrainings.Play(folder["progress"], folder["sea.modelspec"], static _ => { });
        Assert.Equal(2, ProgressFile.In(folder["progress"]).Count);
        FollowedTrainings.Play(folder["progress"], spec, static _ => { });
        Assert.Equal(2, ProgressFile.In(folder["progress"]).Count);
        Assert.DoesNotContain(ended, ProgressFile.In(folder["progress"]));
        Assert.Equal(2, Directory.GetFiles(folder["progress"]).Length);
    }

    [Fact]
    public void A_training_whose_progress_cannot_be_written_trains_the_same_bytes()
    {
        using var project = new TinyProject();
        SpecSource spec = project.Read();
        byte[] expected = project.Train(spec);
        Directory.Delete(project.Cache, recursive: true);
        File.Delete(project.Lock);
        // A file in the place of the folder.
        project.Write("cache/progress", "");

        Assert.Equal(expected, project.BringUpToDate(spec));
    }
}
