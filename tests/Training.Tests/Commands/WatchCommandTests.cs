using FineTune.Training.Commands;
using FineTune.Training.Stages;
using Training.Tests.Following;

namespace Training.Tests.Commands;

public class WatchCommandTests
{
    [Fact]
    public void Where_nothing_trains_it_says_so_and_how_to_wait()
    {
        using var folder = new TemporaryFolder();
        string spec = folder.Write("sky.modelspec", "");

        (int code, string output) = Run(spec, "--cache", folder["cache"]);

        Assert.Equal(2, code);
        Assert.StartsWith($"{spec}(1,1): error MSPEC3084: Nothing is training here.", output, StringComparison.Ordinal);
        Assert.Contains("--wait", output, StringComparison.Ordinal);
        Assert.Equal(1, Run(folder["missing"], "--cache", folder["cache"]).Code);
        Assert.Equal(1, Run("--wait", "--last", "--cache", folder["cache"]).Code);
    }

    [Theory]
    [InlineData("app")]
    [InlineData("app/models/sky.modelspec")]
    [InlineData("app/App.csproj")]
    public void A_spec_its_folder_and_its_project_stand_for_the_training(string path)
    {
        using var folder = new TemporaryFolder();
        string spec = folder.Write("app/models/sky.modelspec", "");
        folder.Write("app/App.csproj", "");
        folder.Write("app 2/sea.modelspec", "");
        FollowedTrainings.Play(folder["cache/progress"], spec, static log => log.Line("the sky"));
        FollowedTrainings.Play(folder["cache/progress"], folder["app 2/sea.modelspec"], static log => log.Line("the sea"));

        (int code, string output) = Run(folder[path], "--last", "--cache", folder["cache"]);

        Assert.Equal(0, code);
        Assert.Contains("the sky", output, StringComparison.Ordinal);
        Assert.DoesNotContain("the sea", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Interactive_shows_the_live_view_without_a_terminal()
    {
        using var folder = new TemporaryFolder();
        FollowedTrainings.Play(folder["cache/progress"], folder["sky.modelspec"], static log =>
        {
            log.Show(new EpochProgress("App", "warm-up", 1, 3, 0.5, 0.25, null, 10, TimeSpan.Zero));
            log.Show(new EpochProgress("App", "warm-up", 2, 3, 0.25, 0.5, null, 10, TimeSpan.Zero));
        });

        (_, string lines) = Run("--last", "--cache", folder["cache"]);
        Assert.Contains("App: warm-up epoch 2/3, loss 0.2500, accuracy 50.0%, 10 images/s, 0:00 left", lines, StringComparison.Ordinal);

        (int code, string live) = Run("--last", "--interactive", "--cache", folder["cache"]);
        Assert.Equal(0, code);
        Assert.DoesNotContain("warm-up epoch", live, StringComparison.Ordinal);
        Assert.Contains("\e[", live, StringComparison.Ordinal);
        Assert.Contains("2/3", live, StringComparison.Ordinal);
        Assert.Contains("0.2500", live, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            return (new WatchCommand().Parse(arguments).Invoke(), output.ToString());
        }
        finally
        {
            Console.SetOut(console);
        }
    }
}
