using System.Collections;
using FineTune.Build.Tasks;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Training.Tasks.Tests;

public sealed class RunTrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finetune").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_error_line_of_the_trainer_is_the_one_error_of_the_build_at_its_place()
    {
        RecordingEngine engine = Run("echo 'working'\necho 'sky.modelspec(2,8): error MSPEC3020: IOException: it failed. Check it.'\nexit 1");

        BuildErrorEventArgs error = Assert.Single(engine.Errors);
        Assert.Equal("MSPEC3020", error.Code);
        Assert.Equal(("sky.modelspec", 2, 8), (Path.GetFileName(error.File), error.LineNumber, error.ColumnNumber));
        Assert.Equal("IOException: it failed. Check it.", error.Message);
        Assert.Contains("working", engine.Messages);
    }

    [Fact]
    public void A_trainer_that_ends_without_a_word_is_an_error_at_the_spec_with_its_last_line()
    {
        RecordingEngine engine = Run("echo 'epoch 3'\nkill -9 $$");

        BuildErrorEventArgs error = Assert.Single(engine.Errors);
        Assert.Equal("MSPEC3006", error.Code);
        Assert.Equal("sky.modelspec", Path.GetFileName(error.File));
        Assert.Contains("Its last line: epoch 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_go_to_the_trainer_one_a_line_whatever_is_in_them()
    {
        // The response file is the last argument, after @.
        RecordingEngine engine = Run("for last; do :; done\ncat \"${last#@}\"", task =>
        {
            task.Assets = ["/a b;c", "/größe"];
            task.Output = "x y.safetensors";
        });

        Assert.Empty(engine.Errors);
        string[] lines = [.. engine.Messages.SelectMany(static m => m.Split('\n'))];
        foreach (string line in (string[])["train", "--assets", "\"/a b;c\"", "\"/größe\"", "--output", "\"x y.safetensors\"", "--parent"]) Assert.Contains(line, lines);
    }

    [Fact]
    public void How_CUDA_computes_goes_to_the_trainer_only_if_it_is_not_the_default()
    {
        const string Script = "for last; do :; done\ncat \"${last#@}\"";
        RecordingEngine defaults = Run(Script);
        RecordingEngine changed = Run(Script, static task =>
        {
            task.Tf32 = true;
            task.Deterministic = false;
        });

        Assert.DoesNotContain("--tf32", defaults.Messages);
        Assert.DoesNotContain("--deterministic", defaults.Messages);
        Assert.Contains("--tf32", changed.Messages);
        Assert.Equal("\"false\"", changed.Messages[changed.Messages.IndexOf("--deterministic") + 1]);
    }

    [Fact]
    public void The_trainer_has_a_fixed_workspace_of_cuBLAS_in_its_environment()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CUBLAS_WORKSPACE_CONFIG") is null, "it is set already");

        Assert.Contains("workspace :4096:8", Run("echo \"workspace $CUBLAS_WORKSPACE_CONFIG\"").Messages);
    }

    [Fact]
    public void Each_plugin_goes_to_the_trainer_once_with_what_it_provides_on_one_line()
    {
        string plugin = Path.Combine(_folder, "my plugins", "Flowers.dll");
        RecordingEngine engine = Run("for last; do :; done\ncat \"${last#@}\"", task =>
        {
            var item = new TaskItem(plugin);
            item.SetMetadata("Provides", "\n    importer:csv(path:text=path),\n    exporter:npz\n  ");
            task.Plugins = [item, new TaskItem("/other/Bare.dll"), item];
        });

        Assert.Empty(engine.Errors);
        // MSBuild itself tells the whole file in one message; the script tells it line by line.
        List<string> lines = engine.Messages;
        int[] options = [.. Enumerable.Range(0, lines.Count).Where(i => lines[i] == "--plugin")];
        Assert.Equal(
            [$"\"{plugin}|importer:csv(path:text=path), exporter:npz\"", "\"/other/Bare.dll|\""],
            options.Select(i => lines[i + 1]));
    }

    [Fact]
    public void A_launcher_starts_the_trainer_with_its_arguments_on_the_command_line()
    {
        RecordingEngine engine = Run("for argument; do echo \"[$argument]\"; done", task =>
        {
            task.Launcher = Launcher("echo \"$1 $2\"; shift 2; exec \"$@\"") + " -np 2";
            task.Output = "x y.safetensors";
            task.RankTimeout = "30";
        });

        Assert.Empty(engine.Errors);
        foreach (string line in (string[])["-np 2", "[exec]", "[finetune.dll]", "[train]", "[--output]", "[x y.safetensors]", "[--parent-host]", $"[{Environment.MachineName}]", "[--rank-timeout]", "[30]"])
        {
            Assert.Contains(line, engine.Messages);
        }
    }

    [Fact]
    public void An_error_that_several_ranks_find_is_reported_once()
    {
        RecordingEngine engine = Run(
            "echo 'sky.modelspec(2,8): error MSPEC0004: Wrong.'\necho 'sky.modelspec(2,8): error MSPEC0004: Wrong. [rank 1 on a, process 7]'\necho 'sky.modelspec(3,1): error MSPEC0004: Wrong.'\nexit 1",
            task => task.Launcher = Launcher("exec \"$@\""));

        Assert.Equal([2, 3], engine.Errors.Select(static error => error.LineNumber));
    }

    [Fact]
    public void A_launcher_that_ends_because_of_a_lost_rank_is_an_error_that_names_it()
    {
        RecordingEngine engine = Run(
            "echo 'mpirun noticed that process rank 1 with PID 0 on node b exited on signal 9 (Killed).'\nexit 137", task => task.Launcher = Launcher("exec \"$@\""));

        BuildErrorEventArgs error = Assert.Single(engine.Errors);
        Assert.Equal("MSPEC3104", error.Code);
        Assert.Contains("rank 1 on b exited on signal 9 (Killed).", error.Message, StringComparison.Ordinal);
    }

    private string Launcher(string script) => Script("launch", script);

    private RecordingEngine Run(string script, Action<RunTrainer>? configure = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the trainer is played by a shell script");
        string shell = Script("trainer", script);
        var engine = new RecordingEngine();
        var task = new RunTrainer
        {
            BuildEngine = engine,
            Verb = "train",
            Spec = new TaskItem(Path.Combine(_folder, "sky.modelspec")),
            Trainer = "finetune.dll",
            DotNetHost = shell,
        };
        configure?.Invoke(task);

        Assert.Equal(task.Execute(), engine.Errors.Count == 0);
        return engine;
    }

    private string Script(string name, string text)
    {
        string shell = Path.Combine(_folder, name + ".sh");
        File.WriteAllText(shell, "#!/bin/sh\n" + text + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(shell, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return shell;
    }

    /// <summary>What MSBuild would be told.</summary>
    private sealed class RecordingEngine : IBuildEngine
    {
        public List<BuildErrorEventArgs> Errors { get; } = [];

        public List<string> Messages { get; } = [];

        public bool ContinueOnError => false;

        public int LineNumberOfTaskNode => 0;

        public int ColumnNumberOfTaskNode => 0;

        public string ProjectFileOfTaskNode => "test.proj";

        public bool BuildProjectFile(string projectFileName, string[] targetNames, IDictionary globalProperties, IDictionary targetOutputs) => false;

        public void LogCustomEvent(CustomBuildEventArgs e)
        {
        }

        public void LogErrorEvent(BuildErrorEventArgs e)
        {
            lock (Messages) Errors.Add(e);
        }

        public void LogMessageEvent(BuildMessageEventArgs e)
        {
            lock (Messages) Messages.Add(e.Message ?? "");
        }

        public void LogWarningEvent(BuildWarningEventArgs e)
        {
        }
    }
}
