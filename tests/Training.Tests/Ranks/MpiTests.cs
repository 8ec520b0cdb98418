using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Training.Tests.Ranks;

/// <summary>Trainings on several ranks, started by the launchers of real MPI libraries.</summary>
[Collection(nameof(MpiTests))]
[CollectionDefinition(nameof(MpiTests), DisableParallelization = true)]
public class MpiTests
{
    private const string OpenMpi = "mpirun.openmpi", Mpich = "mpirun.mpich";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    // Dropout in the head, and a convolution that learns: 24 training images in batches of 8.
    private static readonly string Sharded = TinyProject.Spec.Replace("batch_size = 4", "batch_size = 8\nshards = 4", StringComparison.Ordinal);

    [Theory]
    [InlineData(OpenMpi, 2)]
    [InlineData(OpenMpi, 4)]
    [InlineData(Mpich, 2)]
    public void With_shards_any_number_of_ranks_trains_the_same_bytes(string launcher, int ranks)
    {
        using var alone = new TinyProject();
        using var together = new TinyProject();
        Assert.Equal(0, Run(alone, Sharded, null, 1).Code);

        Ended ended = Run(together, Sharded, launcher, ranks);

        Assert.True(ended.Code == 0, ended.Output);
        Assert.Equal(File.ReadAllBytes(alone.Output), File.ReadAllBytes(together.Output));
        Assert.Contains($"TinyClassifier: {ranks} ranks over ", ended.Output, StringComparison.Ordinal);
        // Rank 0 alone reports.
        Assert.Single(Regex.Matches(ended.Output, "TinyClassifier: after fine-tune"));
    }

    /// <summary>Each epoch is a step here, so its loss is that of the step.</summary>
    [Fact]
    public void Without_shards_two_ranks_have_the_losses_of_one()
    {
        string spec = TinyProject.Spec.Replace("batch_size = 4", "batch_size = 24", StringComparison.Ordinal).Replace("epochs = 3", "epochs = 6", StringComparison.Ordinal);
        using var alone = new TinyProject();
        using var together = new TinyProject();
        Assert.Equal(0, Run(alone, spec, null, 1).Code);

        Ended ended = Run(together, spec, OpenMpi, 2);

        Assert.True(ended.Code == 0, ended.Output);
        Assert.Contains("rank 0 trains warm-up alone", ended.Output, StringComparison.Ordinal);
        Assert.Contains("2 ranks share each batch of fine-tune", ended.Output, StringComparison.Ordinal);
        double[] expected = Losses(alone), actual = Losses(together);
        Assert.Equal(12, expected.Length);
        Assert.All(expected.Zip(actual), static pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void A_rank_that_is_stopped_is_named_and_the_next_run_resumes_with_another_number_of_ranks()
    {
        string spec = Sharded.Replace("epochs = 3", "epochs = 60", StringComparison.Ordinal);
        using var whole = new TinyProject();
        using var broken = new TinyProject();
        Assert.Equal(0, Run(whole, spec, null, 1).Code);

        Ended ended = Run(broken, spec, OpenMpi, 2, process =>
        {
            WaitFor(() => Directory.Exists(Path.Combine(broken.Cache, "checkpoints"))
                && Directory.GetFiles(Path.Combine(broken.Cache, "checkpoints"), "epoch-*.checkpoint", SearchOption.AllDirectories).Length > 0, process);
            Signal("STOP", RankOne(broken));
        }, "--rank-timeout", "2");

        Assert.NotEqual(0, ended.Code);
        Assert.Matches(@"tiny\.modelspec\(\d+,\d+\): error MSPEC3100: No answer from rank 1 on .*, process \d+ for 4 seconds", ended.Output);
        Assert.False(File.Exists(broken.Output));

        Ended resumed = Run(broken, spec, null, 1);
        Assert.True(resumed.Code == 0, resumed.Output);
        Assert.Contains("resumes after epoch", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(whole.Output), File.ReadAllBytes(broken.Output));
    }

    [Theory]
    [InlineData(OpenMpi)]
    [InlineData(Mpich)]
    public void A_killed_rank_ends_the_others(string launcher)
    {
        string spec = Sharded.Replace("epochs = 3", "epochs = 4000", StringComparison.Ordinal);
        using var project = new TinyProject();

        Ended ended = Run(project, spec, launcher, 2, process =>
        {
            WaitFor(() => Directory.Exists(Path.Combine(project.Cache, "checkpoints")), process);
            Signal("KILL", RankOne(project));
        });

        Assert.NotEqual(0, ended.Code);
        Assert.False(File.Exists(project.Output));
        Assert.Empty(Processes(project));
    }

    [Fact]
    public void Ranks_with_other_data_do_not_train()
    {
        using var first = new TinyProject();
        using var second = new TinyProject();
        first.Write("tiny.modelspec", Sharded);
        second.Write("tiny.modelspec", Sharded.Replace("seed = 7", "seed = 8", StringComparison.Ordinal));

        Ended ended = Start([OpenMpi, "-np", "1", .. Trainer(first), ":", "-np", "1", .. Trainer(second)], null);

        Assert.NotEqual(0, ended.Code);
        Assert.Matches(@"error MSPEC3101: Rank 1 on .* has '.*seed = 8', but rank 0 on .* has '.*seed = 7'", ended.Output);
    }

    [Fact]
    public void Shards_that_cannot_be_divided_are_an_error_at_the_stage()
    {
        using var project = new TinyProject();

        Ended ended = Run(project, Sharded, OpenMpi, 3);

        Assert.NotEqual(0, ended.Code);
        Assert.Matches(@"tiny\.modelspec\(\d+,\d+\): error MSPEC3102: The stage 'warm-up' has 4 shards, which 3 ranks cannot share", ended.Output);
    }

    /// <summary>The losses of all epochs in order, from the file that a training can be followed by.</summary>
    private static double[] Losses(TinyProject project)
    {
        string file = Assert.Single(Directory.GetFiles(Path.Combine(project.Cache, "progress"), "*.jsonl"));
        return [.. File.ReadLines(file).Select(static line => Regex.Match(line, "\"Loss\":([^,}]+)")).Where(static match => match.Success)
            .Select(static match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
    }

    private static Ended Run(TinyProject project, string spec, string? launcher, int ranks, Action<Process>? meanwhile = null, params string[] more)
    {
        project.Write("tiny.modelspec", spec);
        string[] start = launcher is null ? [] : [launcher, "-np", ranks.ToString(CultureInfo.InvariantCulture)];
        return Start([.. start, .. Trainer(project), .. more], meanwhile);
    }

    private static string[] Trainer(TinyProject project) =>
    [
        "dotnet", Path.Combine(AppContext.BaseDirectory, "finetune.dll"), "train", project["tiny.modelspec"], "--backbone", project["tiny.backbone"],
        "--output", project.Output, "--cache", project.Cache, "--threads", "1", "--precision", "fp32", "--device", "cpu",
    ];

    private static Ended Start(string[] command, Action<Process>? meanwhile)
    {
        if (command[0] != "dotnet") SkipWithout(command[0]);
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in command.Skip(1)) start.ArgumentList.Add(argument);
        // Containers run as root and have few cores.
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = start.Environment["OMPI_MCA_rmaps_base_oversubscribe"] = "1";
        start.Environment["TERM"] = "dumb";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        try
        {
            meanwhile?.Invoke(process);
            if (!process.WaitForExit(Longest)) Assert.Fail("The ranks have not ended.");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        return new Ended(process.ExitCode, output.Result + errors.Result);
    }

    private static void SkipWithout(string launcher)
    {
        bool isThere = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, launcher)));
        Assert.SkipUnless(isThere, $"{launcher} is not installed (Debian: {(launcher == OpenMpi ? "openmpi-bin" : "mpich")}).");
    }

    private static void WaitFor(Func<bool> condition, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(process.HasExited, "The ranks have ended too early.");
            Assert.True(clock.Elapsed < Longest, "The ranks have not begun.");
            Thread.Sleep(20);
        }
    }

    private static int RankOne(TinyProject project) => Processes(project).Single(static id =>
        File.ReadAllText($"/proc/{id}/environ").Split('\0').Any(static variable => variable is "OMPI_COMM_WORLD_RANK=1" or "PMI_RANK=1"));

    /// <summary>The trainers of a project that run.</summary>
    private static List<int> Processes(TinyProject project)
    {
        List<int> found = [];
        foreach (Process process in Process.GetProcessesByName("dotnet"))
        {
            using (process)
            {
                try
                {
                    if (File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(project["tiny.modelspec"], StringComparison.Ordinal)) found.Add(process.Id);
                }
                catch (IOException)
                {
                    // It has ended.
                }
            }
        }
        return found;
    }

    private static void Signal(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>How a command ended.</summary>
    private sealed record Ended(int Code, string Output);
}
