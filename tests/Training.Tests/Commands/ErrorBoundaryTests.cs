using FineTune.Training.Commands;
using FineTune.Training.Diagnostics;
using ModelSpec.Text;

namespace Training.Tests.Commands;

public class ErrorBoundaryTests
{
    private static readonly SpecLocation Location = new("f.modelspec", SourceSpan.FileStart);

    [Fact]
    public void What_nobody_foresaw_is_one_line_and_its_stack_trace_is_in_a_file()
    {
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();

        int code = ErrorBoundary.Run(log, static () => Location, folder["logs"], static () => throw new InvalidOperationException("first\nsecond"));

        Assert.Equal(1, code);
        Assert.Empty(log.Lines);
        string line = Assert.Single(log.Diagnostics).ToString();
        Assert.StartsWith("f.modelspec(1,1): error MSPEC3020: InvalidOperationException: first second.", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        string file = Assert.Single(Directory.GetFiles(folder["logs"]));
        Assert.Contains(file, line, StringComparison.Ordinal);
        Assert.Contains(nameof(What_nobody_foresaw_is_one_line_and_its_stack_trace_is_in_a_file), File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_cache_cannot_be_written_the_stack_trace_goes_to_the_folder_of_temporary_files()
    {
        using var folder = new TemporaryFolder();
        var log = new RecordingLog();

        ErrorBoundary.Run(log, static () => Location, Path.Combine(folder.Write("file", ""), "logs"), static () => throw new InvalidOperationException("it"));

        string message = Assert.Single(log.Diagnostics).Message;
        string file = message.Split('\'')[1];
        Assert.StartsWith(Path.GetTempPath(), file, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
        File.Delete(file);
    }

    [Fact]
    public void A_cancelled_run_says_so_and_has_the_code_of_an_interrupted_one()
    {
        var log = new RecordingLog();

        Assert.Equal(130, ErrorBoundary.Run(log, static () => Location, "/nonexistent", static () => throw new OperationCanceledException()));

        Assert.StartsWith("Cancelled.", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_fails_unexpectedly_prints_one_line_at_the_spec_and_leaves_nothing_half_written()
    {
        using var project = new TinyProject();
        project.Read();
        // A folder has the name of the lock.
        Directory.CreateDirectory(project.Lock);

        (int code, string[] lines) = Run(
            new TrainCommand(), project["tiny.modelspec"], "--backbone", project["tiny.backbone"], "--device", "cpu", "--cache", project.Cache);

        Assert.Equal(1, code);
        string line = Assert.Single(lines, static l => l.Contains("error", StringComparison.Ordinal));
        Assert.StartsWith($"{project["tiny.modelspec"]}(2,8): error MSPEC3020: ", line, StringComparison.Ordinal);
        Assert.Contains(Assert.Single(Directory.GetFiles(Path.Combine(project.Cache, "logs"))), line, StringComparison.Ordinal);
        Assert.DoesNotContain(lines, static l => l.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(project.Root, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_spec_that_does_not_exist_is_an_error_at_its_path()
    {
        using var folder = new TemporaryFolder();

        (int code, string[] lines) = Run(new InspectCommand(), folder["none.modelspec"]);

        Assert.Equal(1, code);
        Assert.StartsWith($"{folder["none.modelspec"]}(1,1): error MSPEC3040: ", Assert.Single(lines), StringComparison.Ordinal);
    }

    private static (int Code, string[] Lines) Run(System.CommandLine.Command command, params string[] arguments)
    {
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            int code = command.Parse(arguments).Invoke();
            return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
        finally
        {
            Console.SetOut(console);
        }
    }
}
