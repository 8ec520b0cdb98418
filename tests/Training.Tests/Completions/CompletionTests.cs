using System.Diagnostics;
using FineTune.Training.Commands;
using FineTune.Training.Completions;

namespace Training.Tests.Completions;

public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CompletionTests()
    {
        foreach (string file in (string[])["sky.modelspec", "my sea.modelspec", "notes.txt", "models/deep/a.modelspec", "models/b.modelspec", ".git/c.modelspec", "train/x.txt"])
        {
            _folder.Write(file, "");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", new[] { "models/", "my sea.modelspec", "sky.modelspec", "train/" })]
    [InlineData("s", new[] { "sky.modelspec" })]
    [InlineData("models/", new[] { "models/b.modelspec", "models/deep/" })]
    [InlineData(".g", new[] { ".git/" })]
    [InlineData("none/", new string[0])]
    [InlineData("s*", new[] { "sky.modelspec" })]
    public void Specs_and_the_folders_on_the_way_to_them_complete_a_word(string word, string[] expected) =>
        Assert.Equal(expected, SpecFiles.Find(word, _folder.Path));

    // A line up to the cursor, and what can be written there.
    [Theory]
    [InlineData("finetune wat", new[] { "watch" })]
    [InlineData("finetune train s", new[] { "sky.modelspec" })]
    [InlineData("finetune train models/", new[] { "models/b.modelspec", "models/deep/" })]
    [InlineData("finetune train sky.modelspec --dev", new[] { "--device" })]
    [InlineData("finetune train sky.modelspec --device ", new[] { "auto", "cpu", "cuda" })]
    [InlineData("finetune train sky.modelspec --precision b", new[] { "bf16" })]
    [InlineData("finetune predict sky.modelspec x.png --format ", new[] { "csv", "json", "table" })]
    [InlineData("finetune export sky.modelspec --format on", new[] { "onnx" })]
    [InlineData("finetune completions ", new[] { "bash", "fish", "pwsh", "zsh" })]
    [InlineData("finetune watch mod", new[] { "models/" })]
    [InlineData("finetune watch --w", new[] { "--wait" })]
    public void Bash_completes_commands_options_their_values_and_specs(string line, string[] expected)
    {
        Require("bash");
        string script = _folder.Write("completion.bash", CompletionsCommand.Script("bash"));
        string[] words = line.Split(' ');
        string quoted = string.Join(' ', words.Select(static word => $"'{word}'"));

        string output = Run("bash", "-c", $$"""
            finetune() { dotnet exec '{{Path.Combine(AppContext.BaseDirectory, "finetune.dll")}}' "$@"; }
            source '{{script}}'
            complete -p finetune >&2
            COMP_WORDS=({{quoted}})
            COMP_CWORD={{words.Length - 1}}
            COMP_LINE='{{line}}'
            COMP_POINT={{line.Length}}
            _finetune
            printf '%s\n' "${COMPREPLY[@]}"
            """);

        Assert.Equal(expected, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Where_files_are_meant_bash_completes_them_itself()
    {
        Require("bash");
        string script = _folder.Write("completion.bash", CompletionsCommand.Script("bash"));

        // Bash itself, as at a prompt: the words after Tab.
        string output = Run("bash", "-c", $$"""
            finetune() { dotnet exec '{{Path.Combine(AppContext.BaseDirectory, "finetune.dll")}}' "$@"; }
            source '{{script}}'
            COMP_WORDS=(finetune predict sky.modelspec n)
            COMP_CWORD=3
            COMP_LINE='finetune predict sky.modelspec n'
            COMP_POINT=${#COMP_LINE}
            _finetune
            echo "${#COMPREPLY[@]}"
            complete -p finetune
            """);

        Assert.Equal("0\ncomplete -o default -F _finetune finetune\n", output);
    }

    [Theory]
    [InlineData("finetune wat", "watch")]
    [InlineData("finetune train s", "sky.modelspec")]
    [InlineData("finetune train sky.modelspec --device c", "cpu", "cuda")]
    [InlineData("finetune predict sky.modelspec n", "notes.txt")]
    public void Fish_completes_them_too(string line, params string[] expected)
    {
        Require("fish");

        // Its own engine, with files where the program has no words.
        string output = Run("fish", "--no-config", "-c", $$"""
            function finetune; dotnet exec '{{Path.Combine(AppContext.BaseDirectory, "finetune.dll")}}' $argv; end
            source '{{_folder.Write("completion.fish", CompletionsCommand.Script("fish"))}}'
            complete --do-complete '{{line}}'
            """);

        string[] found = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static candidate => candidate.Split('\t')[0])];
        Assert.Empty(expected.Except(found));
        Assert.DoesNotContain(found, static candidate => candidate.StartsWith('-') || candidate == "/?");
    }

    [Theory]
    [InlineData("finetune wat", "watch")]
    [InlineData("finetune train m", "models/, 'my sea.modelspec'")]
    [InlineData("finetune train sky.modelspec --device ", "auto, cpu, cuda")]
    public void PowerShell_completes_them_too(string line, string expected)
    {
        Require("pwsh");
        string script = _folder.Write("test.ps1", $$"""
            function finetune { dotnet exec '{{Path.Combine(AppContext.BaseDirectory, "finetune.dll")}}' @args }
            . '{{_folder.Write("completion.ps1", CompletionsCommand.Script("pwsh"))}}'
            (TabExpansion2 -inputScript '{{line}}' -cursorColumn {{line.Length}}).CompletionMatches.CompletionText -join ', '
            """);

        Assert.Equal(expected, Run("pwsh", "-NoProfile", "-File", script).Trim());
    }

    [Theory]
    [InlineData("bash", "bash", "-n")]
    [InlineData("zsh", "zsh", "-n")]
    [InlineData("fish", "fish", "--no-execute")]
    [InlineData("pwsh", "pwsh", "-NoProfile", "-File")]
    public void The_script_of_a_shell_is_one_that_it_understands(string shell, string program, params string[] arguments)
    {
        Require(program);

        Run(program, [.. arguments, _folder.Write("completion." + (shell == "pwsh" ? "ps1" : shell), CompletionsCommand.Script(shell))]);
    }

    private static void Require(string program) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))),
        $"{program} is not installed");

    private string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
