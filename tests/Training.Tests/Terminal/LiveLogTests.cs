using FineTune.Training;
using FineTune.Training.Stages;
using FineTune.Training.Terminal;
using Spectre.Console;

namespace Training.Tests.Terminal;

public class LiveLogTests
{
    [Theory]
    [InlineData(new double[] { 0, 1, 2, 3, 4, 5, 6, 7 }, 8, "▁▂▃▄▅▆▇█")]
    [InlineData(new double[] { 3, 3, 3 }, 8, "▁▁▁")]
    [InlineData(new double[] { 1, 1, 2, 2 }, 2, "▁█")]
    [InlineData(new double[] { double.NaN, 5, 1 }, 8, "█▁")]
    [InlineData(new double[0], 8, "")]
    public void A_curve_has_the_lowest_and_the_highest_block_at_its_ends(double[] values, int width, string expected) =>
        Assert.Equal(expected, Sparkline.Draw(values, width));

    [Fact]
    public void The_table_has_a_row_for_each_stage_with_its_last_epoch_and_curves()
    {
        var view = new TrainingView(hasBlocks: true);
        view.Add(new StepProgress("App", "warm-up", "features", 64, 1020, 50, TimeSpan.FromSeconds(20)));
        Assert.Contains("features 64/1020", Draw(view), StringComparison.Ordinal);
        for (int epoch = 1; epoch <= 4; epoch++)
        {
            view.Add(new EpochProgress("App", "warm-up", epoch, 40, 4 - epoch, 0.2 * epoch, null, 123.4, TimeSpan.FromSeconds(61)));
        }
        view.Add(new EpochProgress("App", "fine-tune", 1, 16, 0.5, 0.9, 0.85, 10, TimeSpan.FromHours(1)));

        string[] rows = Draw(view).Split('\n');

        string warmUp = Assert.Single(rows, static row => row.Contains("warm-up", StringComparison.Ordinal));
        foreach (string cell in (string[])["4/40", "█▆▃▁ 0.0000", "▁▃▆█ 80.0%", "123", "1:01"]) Assert.Contains(cell, warmUp, StringComparison.Ordinal);
        string fineTune = Assert.Single(rows, static row => row.Contains("fine-tune", StringComparison.Ordinal));
        foreach (string cell in (string[])["1/16", "0.5000", "85.0%", "1:00:00"]) Assert.Contains(cell, fineTune, StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_terminal_messages_stay_above_the_table_and_brackets_are_text()
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(text) });

        LiveLog.Run(console, static log =>
        {
            log.Show(new EpochProgress("App", "warm-up", 1, 2, 1.5, 0.25, null, 10, TimeSpan.Zero));
            log.Line("App: [red] is text");
        });

        // Otherwise the end of a row of the table would stay behind the message.
        Assert.Contains(TextInPlaceOfTable.EraseBelow + "App: [red] is text", text.ToString(), StringComparison.Ordinal);

        Assert.Contains("App: [red] is text", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("warm-up", text.ToString(), StringComparison.Ordinal);
        Assert.True(text.ToString().IndexOf("[red]", StringComparison.Ordinal) < text.ToString().LastIndexOf("warm-up", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_terminal_the_lines_are_those_that_a_build_shows()
    {
        using var project = new TinyProject();
        var log = new RecordingLog();

        project.Train(project.Read(), log);

        Assert.Contains(log.Lines, static line => System.Text.RegularExpressions.Regex.IsMatch(
            line, @"^TinyClassifier: warm-up epoch 3/3, loss \d+\.\d{4}, accuracy \d+\.\d%, \d+ images/s, \d+:\d\d left$"));
    }

    private static string Draw(TrainingView view)
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 120;
        console.Write(view.Draw());
        return text.ToString();
    }
}
