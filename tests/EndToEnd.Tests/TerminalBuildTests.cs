using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>What a build that trains shows on a terminal, where MSBuild's terminal logger hides the messages of tasks, and without one.</summary>
public sealed partial class TerminalBuildTests
{
    private readonly PackageConsumer _consumer;

    public TerminalBuildTests(PackageConsumer consumer)
    {
        _consumer = consumer;
        consumer.Reset();
    }

    [Fact]
    public void On_a_terminal_one_line_is_shown_before_the_training_ends_and_its_command_follows_the_training()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script, of util-linux, is not installed: it makes the terminal");
        // As long as nobody can reserve memory, the training does not start.
        string turns = Path.Combine(_consumer.Cache, "turns");
        Directory.CreateDirectory(turns);
        OutputBuffer output, followed;
        using var build = new StartedProcess(OnTerminal("dotnet build --no-restore -p:TrainModel=true"));
        using var watch = new StartedProcess();
        using (new FileStream(Path.Combine(turns, "memory.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            output = DotNet.Collect(build.Process!);
            Match line = WaitFor(build.Process!, output, AnnouncementPattern());
            Assert.StartsWith("SkyClassifier: training learn (30 epochs) of 30 images on ", line.Value, StringComparison.Ordinal);
            Assert.False(File.Exists(_consumer.Weights));

            // As the line says, by a shell. The package is all that there is: the tool is not installed.
            string command = line.Groups["command"].Value;
            Assert.Matches(@"^dotnet .*/finetune\.dll watch --cache .* --interactive$", command);
            watch.Process = DotNet.Start("sh", _consumer.Root, "-c", command);
            followed = DotNet.Collect(watch.Process);
            WaitFor(watch.Process, followed, StartPattern());
        }

        Assert.Equal(0, Wait(build.Process!, output));
        Assert.Equal(0, Wait(watch.Process, followed));
        string shown = EscapePattern().Replace(output.ToString(), "");
        Assert.Single(AnnouncementPattern().Matches(shown));
        Assert.Matches(@"SkyClassifier: trained in \d:\d\d, test accuracy 100\.00%\. Its epochs: dotnet .* --last --interactive", shown);
        Assert.DoesNotContain("learn epoch", shown, StringComparison.Ordinal);
        Assert.Matches(@"App net10\.0 succeeded \([\d.]+s\) → bin", shown);
        Assert.Matches(@"Build succeeded in", shown);
        Assert.DoesNotContain("warning", shown, StringComparison.Ordinal);
        // The live view, with the numbers of the training.
        string live = EscapePattern().Replace(followed.ToString(), "");
        Assert.Contains("30/30", live, StringComparison.Ordinal);
        Assert.Contains("SkyClassifier: trained after ", live, StringComparison.Ordinal);

        // Nothing is trained: nothing to follow, and nothing to say.
        using var again = new StartedProcess(OnTerminal("dotnet build --no-restore -p:TrainModel=true"));
        OutputBuffer quiet = DotNet.Collect(again.Process!);
        Assert.Equal(0, Wait(again.Process!, quiet));
        Assert.Matches("Build succeeded", EscapePattern().Replace(quiet.ToString(), ""));
        Assert.DoesNotContain("SkyClassifier", quiet.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_terminal_each_of_these_lines_is_there_once_next_to_the_epochs()
    {
        string output = _consumer.Build("-p:TrainModel=true").Succeeded().Output;

        Match announced = Assert.Single(AnnouncementPattern().Matches(output));
        Match epoch = Assert.Single(Regex.Matches(output, "learn epoch 30/30"));
        Match concluded = Assert.Single(Regex.Matches(output, "SkyClassifier: trained in .*--last --interactive"));
        Assert.True(announced.Index < epoch.Index && epoch.Index < concluded.Index, output);
        Assert.DoesNotContain("--interactive", _consumer.Build("-p:TrainModel=true").Succeeded().Output, StringComparison.Ordinal);
    }

    /// <summary>Runs a command in the project on a terminal of its own, as a person does: MSBuild shows less where it finds the variable CI.</summary>
    private Process OnTerminal(string command) => DotNet.Start(
        "script", _consumer.App, "--quiet", "--flush", "--return", "--command", $"stty cols 160 rows 40; unset CI; TERM=xterm-256color {command}", "/dev/null");

    private static Match WaitFor(Process process, OutputBuffer output, Regex pattern)
    {
        while (true)
        {
            bool isOver = process.HasExited;
            if (pattern.Match(EscapePattern().Replace(output.ToString(), "")) is { Success: true } match) return match;
            Assert.False(isOver, $"it ended without {pattern}:\n{output}");
            TestContext.Current.CancellationToken.WaitHandle.WaitOne(50);
        }
    }

    private static int Wait(Process process, OutputBuffer output)
    {
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(5)), output.ToString());
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>A process that a test which fails does not leave behind.</summary>
    private sealed class StartedProcess(Process? process = null) : IDisposable
    {
        public Process? Process { get; set; } = process;

        public void Dispose()
        {
            if (Process is null) return;
            if (!Process.HasExited)
            {
                Process.Kill(entireProcessTree: true);
                Process.WaitForExit();
            }
            Process.Dispose();
        }
    }

    [GeneratedRegex(@"SkyClassifier: training .* Follow it with: (?<command>.* --interactive)(?=\s)")]
    private static partial Regex AnnouncementPattern();

    [GeneratedRegex(@"SkyClassifier: trains learn \(30 epochs\)")]
    private static partial Regex StartPattern();

    // The codes that move the cursor, set colours and make links.
    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e\][^\e]*\e\\")]
    private static partial Regex EscapePattern();
}
